/** What can be made to go wrong, and what is going wrong now, with its end and a way to lift it. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";
import { left } from "./times.js";

export const FAULTS = {
  slow: { sign: "🐌", word: "Slow", hint: "Every call waits 3 s", now: "Telegram is slow" },
  down: { sign: "🔌", word: "Down", hint: "502 to every call", now: "Telegram is down" },
  flood: { sign: "🚦", word: "Flood", hint: "429 to whatever is sent", now: "Telegram says: too many" },
  reset: { sign: "✂️", word: "Cut off", hint: "Done, and the connection breaks", now: "Connections break" },
  revoked: { sign: "🔑", word: "Token revoked", hint: "401 to every call", now: "The token is revoked" },
  lost: { sign: "👻", word: "Lost answers", hint: "Done, but nobody is told", now: "Answers get lost" },
};
const TIMES = { 15: "15 s", 60: "1 min", 300: "5 min" };

/** Forgetting everything takes two presses. */
class StartOver extends Component {
  state = { sure: false };

  render({ onFresh }, { sure }) {
    const [word, hint] = sure ? ["Forget everything?", "Press once more"] : ["Start over", "New chats, a new database"];
    return html`<button type="button" class="fault" onClick=${() => (sure ? onFresh() : this.setState({ sure: true }))}>
      <span aria-hidden="true">🧹</span><strong>${word}</strong><small>${hint}</small>
    </button>`;
  }
}

class FaultMenu extends Component {
  state = { seconds: "60", chat: "" };

  order(kind) {
    const { seconds, chat } = this.state;
    this.props.onOrder(kind, Number(seconds), chat ? Number(chat) : null);
    this.props.close();
  }

  bot() {
    const { alive, onBot, close } = this.props;
    const [what, sign, word, hint] = alive ? ["kill", "💀", "Kill the bot", "As kill -9: in the middle of whatever it does"] : ["start", "🌱", "Start the bot again", "It goes on where it was"];
    return html`<button type="button" class="fault" onClick=${() => (onBot(what), close())}>
      <span aria-hidden="true">${sign}</span><strong>${word}</strong><small>${hint}</small>
    </button>`;
  }

  render({ people, hasBot, onFresh }, { seconds, chat }) {
    const set = (key) => (event) => this.setState({ [key]: event.target.value });
    return html`<h2>Let something go wrong</h2>
      <div class="fault-how">
        <label>for <select aria-label="How long" value=${seconds} onChange=${set("seconds")}>${Object.entries(TIMES).map(([value, word]) => html`<option value=${value}>${word}</option>`)}</select></label>
        <label>in <select aria-label="Whose chat" value=${chat} onChange=${set("chat")}><option value="">all chats</option>${people.map((person) => html`<option value=${person.id}>${person.name}'s chat</option>`)}</select></label>
      </div>
      <div class="fault-list">
        ${Object.entries(FAULTS).map(
          ([kind, { sign, word, hint }]) => html`<button type="button" class="fault" onClick=${() => this.order(kind)}><span aria-hidden="true">${sign}</span><strong>${word}</strong><small>${hint}</small></button>`,
        )}
        ${hasBot && this.bot()}
      </div>
      ${onFresh && html`<${StartOver} onFresh=${onFresh} />`}
      <p class="say">Somebody can block the bot too: in the ⋯ menu of the phone.</p>`;
  }
}

/** The menu from which faults are ordered. */
export function Faults({ news, people, hasBot, onOrder, onBot, onFresh }) {
  const many = news.faults.length + (news.alive ? 0 : 1);
  const face = html`<${Icon} name="bolt" /><span class="word">Faults</span>${many > 0 && html`<span class="many" data-many=${many} aria-hidden="true"></span>`}`;
  return html`<${Popover} label=${many ? `Faults, ${many} in force` : "Faults"} title="Let something go wrong" className="tool" face=${face}>
    ${(close) => html`<${FaultMenu} people=${people} alive=${news.alive} hasBot=${hasBot} onOrder=${onOrder} onBot=${onBot} onFresh=${onFresh} close=${close} />`}
  <//>`;
}

/** What goes wrong now: one chip each. */
export class Troubles extends Component {
  componentDidMount() {
    this.ticks = setInterval(() => this.props.news.faults.length && this.forceUpdate(), 1000);
  }

  componentWillUnmount() {
    clearInterval(this.ticks);
  }

  render({ news, people, onLift, onBot }) {
    const { faults, alive } = news;
    if (!faults.length && alive) return null;
    const name = (id) => people.find((person) => person.id === id)?.name ?? "one person";
    return html`<div class="troubles" role="group" aria-label="In force now">
      ${!alive && html`<span class="trouble"><span aria-hidden="true">💀</span> The bot is dead <button type="button" onClick=${() => onBot("start")}>Start it again</button></span>`}
      ${faults.map((fault) => {
        const known = FAULTS[fault.kind] ?? { sign: "⚡", now: fault.kind };
        const words = fault.chat ? `${known.now} for ${name(fault.chat)}` : known.now;
        return html`<span class="trouble" key=${fault.number}><span aria-hidden="true">${known.sign}</span> ${words} <time>${left((fault.until - performance.now()) / 1000)}</time>
          <button type="button" aria-label="Lift: ${words}" onClick=${() => onLift(fault.number)}>Lift</button></span>`;
      })}
    </div>`;
  }
}
