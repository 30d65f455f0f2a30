/** The time line: what happened in the town, the newest at the bottom; each entry leads to its message. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { remember, remembered } from "./memory.js";
import { hour, long } from "./times.js";

export const KINDS = { turn: "People", message: "Bot", event: "Deliveries", town: "Town" };
const STEPS = {
  assign: "accepted", expire: "nobody accepted", cancel: "cancelled", retry: "offered again", unassign: "given back", "pick up": "picked up", undo: "undone",
  deliver: "delivered", "give up": "given up, goes back", resume: "second attempt", "hand back": "handed back", "hand over": "handed over", lose: "lost", book: "booked",
};
const SENT = { photo: "sends a photo", location: "sends a location", contact: "sends a contact", voice: "sends a voice message", sticker: "sends a sticker", document: "sends a file" };
const AT_END_PX = 40;

const indexed = new WeakMap();

/** The messages of a chat by their number. */
function byId(chat) {
  if (!indexed.has(chat)) indexed.set(chat, new Map(chat.messages.map((message) => [message.message_id, message])));
  return indexed.get(chat);
}

function firstLine(message) {
  const said = message?.text ?? message?.caption ?? message?.venue?.title;
  return said?.split("\n").find((line) => line.trim()) ?? (message?.photo ? "a photo" : null);
}

/** What the bot does to a chat without saying anything new. */
const SILENT = { close: "shortens an older message", commands: "sets the menu of commands", delete: "takes a message back", copy: "passes a message on", qr: "a QR code" };

const REPLACED = "a card, since replaced";

/** What is left out unless details are wanted: the bot tidies up, and cards that newer ones have replaced. */
const isDetail = (entry, chats) => entry.detail || (entry.kind === "message" && (entry.text.split(" ")[0] in SILENT ? !entry.text.startsWith("qr") : words(entry, chats) === REPLACED));

/** What a turn, message, step or happening is called. */
function words(entry, chats) {
  if (entry.kind === "turn") return /^(taps|is now) /.test(entry.text) ? entry.text : (SENT[entry.text] ?? `“${entry.text}”`);
  if (entry.kind === "event") {
    const [, number, step, why] = entry.text.match(/^(\S+) ([^(]+?)( \(.*\))?$/) ?? [null, "", entry.text];
    return html`<b class="number">${number}</b> ${STEPS[step] ?? step}${why ?? ""}`;
  }
  if (entry.kind === "message") {
    const silent = SILENT[entry.text.split(" ")[0]];
    if (silent) return silent;
    const chat = chats[entry.chat];
    if (entry.said) return entry.said;
    return (chat && firstLine(byId(chat).get(entry.message_id))) ?? entry.text.replace(/^card .*/, REPLACED).replace("notice ", "");
  }
  return entry.wound ? `The clock was wound by ${long(entry.wound)}` : entry.text;
}

/** The bot's saying the same once more is told as one entry with how often; the clock's being wound again, as one with the sum. */
function fold(shown, entry, chats) {
  const last = shown.at(-1);
  if (last?.wound && entry.wound) {
    shown[shown.length - 1] = { ...entry, key: last.key, wound: last.wound + entry.wound };
    return shown;
  }
  const same = last?.kind === "message" && entry.kind === "message" && last.chat === entry.chat && words(last, chats) === words(entry, chats);
  if (same) shown[shown.length - 1] = { ...entry, key: last.key, loud: last.loud || entry.loud, times: (last.times ?? 1) + 1 };
  else shown.push(entry);
  return shown;
}

function Sign({ entry, role }) {
  const bell = entry.loud ? "loud" : "quiet";
  if (entry.kind === "message") return html`<span class="sign is-message ${bell}" role="img" aria-label=${entry.loud ? "with sound" : "without sound"}><${Icon} name=${bell} /></span>`;
  if (entry.kind === "town") return html`<span class="sign" aria-hidden="true">${entry.sign ?? "•"}</span>`;
  return html`<span class="sign is-${entry.kind} role-${role ?? ""}" aria-hidden="true"></span>`;
}

function who(entry) {
  if (!entry.who) return null;
  return html`<b>${entry.kind === "message" ? `→ ${entry.who}` : entry.who}</b>`;
}

/** One entry; it can be followed where its person has a phone here. */
function Entry({ entry, role, chats, zone, onFollow }) {
  const inside = html`<time datetime=${entry.at}>${hour(entry.at, zone, true)}</time><${Sign} entry=${entry} role=${role} />
    <span class="what">${entry.kind === "event" ? html`${words(entry, chats)} <span class="by">${entry.who}</span>` : html`${who(entry)} ${words(entry, chats)}${entry.times ? ` ×${entry.times}` : ""}`}${entry.failed && html`<em> failed</em>`}</span>`;
  const look = `entry is-${entry.kind} ${entry.failed ? "failed" : ""}`;
  if (!(entry.chat in chats)) return html`<li><span class=${look} title=${entry.text}>${inside}</span></li>`;
  return html`<li><button type="button" class=${look} title=${entry.kind === "message" ? entry.text : null} onClick=${() => onFollow(entry.chat, entry.message_id)}>${inside}</button></li>`;
}

export class TimeLine extends Component {
  state = { off: remembered("timeline.off", []), details: remembered("timeline.details", false), person: "", delivery: "" };
  atEnd = true;

  componentDidMount() {
    this.keepEnd();
    this.watch = new ResizeObserver(() => this.keepEnd());
    this.watch.observe(this.list);
  }

  componentWillUnmount() {
    this.watch.disconnect();
  }

  /** Looked at just before it changes: an event of scrolling may come too late. */
  getSnapshotBeforeUpdate() {
    const end = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < AT_END_PX;
    this.atEnd = end || this.toEnd === true;
    this.toEnd = false;
    return null;
  }

  componentDidUpdate() {
    this.keepEnd();
  }

  keepEnd() {
    if (this.atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  toggle(kind) {
    const off = this.state.off.includes(kind) ? this.state.off.filter((other) => other !== kind) : [...this.state.off, kind];
    remember("timeline.off", off);
    this.toEnd = true;
    this.setState({ off });
  }

  toggleDetails() {
    remember("timeline.details", !this.state.details);
    this.toEnd = true;
    this.setState({ details: !this.state.details });
  }

  entries() {
    const { news, chats } = this.props;
    const { off, person, details } = this.state;
    // what the bot says to people without a phone here cannot be looked at, and there may be much of it
    return [...news.timeline.filter((entry) => entry.kind !== "message" || entry.chat in chats), ...news.happened]
      .filter((entry) => !off.includes(entry.kind) && (!person || String(entry.chat) === person) && (details || !isDetail(entry, chats)))
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .reduce((shown, entry) => fold(shown, entry, chats), []);
  }

  filters(people) {
    const { off, person, details } = this.state;
    return html`<div class="filters" role="group" aria-label="What is shown">
      ${Object.entries(KINDS).map(([kind, word]) => html`<button type="button" class="filter is-${kind}" aria-pressed=${String(!off.includes(kind))} onClick=${() => this.toggle(kind)}>${word}</button>`)}
      <button type="button" class="filter is-details" title="What the bot does without saying anything new, too" aria-pressed=${String(details)} onClick=${() => this.toggleDetails()}>Details</button>
    </div>
    <select class="whose" aria-label="Whose" value=${person} onChange=${(event) => ((this.toEnd = true), this.setState({ person: event.target.value }))}>
      <option value="">everybody</option>
      ${people.map((one) => html`<option value=${one.id}>${one.name}</option>`)}
    </select>`;
  }

  render({ people, chats, zone, folded, onFold, onFollow }) {
    const roles = Object.fromEntries(people.map((person) => [person.id, person.role]));
    const entries = this.entries();
    const words = folded ? "Unfold the time line" : "Fold the time line";
    return html`<section class="timeline ${folded ? "folded" : ""}" aria-label="Time line">
      <header>
        <h2>Time line</h2>
        ${!folded && this.filters(people.filter((person) => person.id in chats))}
        ${onFold && html`<button type="button" class="round" aria-label=${words} title=${words} aria-expanded=${String(!folded)} onClick=${onFold}><${Icon} name="fold" /></button>`}
      </header>
      <div class="entries" tabindex="0" role="region" aria-label="What happened" hidden=${folded} ref=${(element) => (this.list = element)}>
        ${entries.length
          ? html`<ol>${entries.map((entry) => html`<${Entry} key=${entry.key} entry=${entry} role=${roles[entry.chat]} chats=${chats} zone=${zone} onFollow=${onFollow} />`)}</ol>`
          : html`<p class="say">What people do, what the bot says and what becomes of deliveries is listed here. Click an entry to see its message.</p>`}
      </div>
    </section>`;
  }
}
