/** The foot of a phone: typing, the menu of commands, the menu of things to send, the reply keyboard. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { phrase, spoken } from "./phrases.js";

const SHOWN_COMMANDS = 12;

/** What was typed on a phone and not sent, by its person: it outlives the phone's being out of sight. */
const drafts = new Map();

/** A list of choices above the composer: arrows move, Escape closes. */
class Menu extends Component {
  componentDidMount() {
    if (this.props.grab) this.choices()[0]?.focus();
  }

  choices() {
    return [...this.list.querySelectorAll("button")];
  }

  move(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.props.onClose();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = this.choices();
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
  }

  render({ label, items, onClose }) {
    const choose = (item) => {
      onClose();
      item.run();
    };
    return html`<div class="menu" role="menu" aria-label=${label} ref=${(element) => (this.list = element)} onKeyDown=${(event) => this.move(event)}>
      ${items.map(
        (item) => html`<button type="button" role="menuitem" data-choice=${item.id ?? item.word} onClick=${() => choose(item)}>
          ${item.sign && html`<span class="menu-sign" aria-hidden="true">${item.sign}</span>`}
          <span class="menu-word">${item.word}</span>
          ${item.hint && html`<span class="menu-hint">${item.hint}</span>`}
        </button>`,
      )}
    </div>`;
  }
}

function ReplyKeyboard({ keyboard, label, onPress }) {
  return html`<div class="reply-keyboard" role="group" aria-label=${label}>
    ${keyboard.keyboard.map(
      (row) => html`<div class="row">
        ${row.map((button) => {
          const key = typeof button === "string" ? { text: button } : button;
          return html`<button type="button" class="key ${key.style ?? ""}" data-label=${key.text} onClick=${() => onPress(key)}>${key.text}</button>`;
        })}
      </div>`,
    )}
  </div>`;
}

export class Composer extends Component {
  state = { draft: drafts.get(this.props.whose) ?? "", menu: null, closed: null };

  words = (id) => phrase(this.props.language, id);

  componentDidMount() {
    this.elsewhere = (event) => this.state.menu && !this.base.contains(event.target) && this.setState({ menu: null });
    document.addEventListener("pointerdown", this.elsewhere);
    if (this.props.grab) this.box.focus();
  }

  componentWillUnmount() {
    document.removeEventListener("pointerdown", this.elsewhere);
  }

  close = () => {
    this.setState({ menu: null });
    this.box?.focus();
  };

  toggle(menu) {
    this.setState({ menu: this.state.menu === menu ? null : menu });
  }

  type(event) {
    const draft = event.target.value;
    const wanted = /^\/\w*$/.test(draft) ? "typed" : this.state.menu === "typed" ? null : this.state.menu;
    this.keep(draft);
    this.setState({ menu: wanted });
    event.target.style.height = "auto";
    event.target.style.height = `${Math.min(event.target.scrollHeight, 120)}px`;
  }

  keep(draft) {
    if (draft) drafts.set(this.props.whose, draft);
    else drafts.delete(this.props.whose);
    this.setState({ draft });
  }

  /** What could not be sent stands there again, before what was typed since. */
  async send() {
    const { draft } = this.state;
    if (!draft.trim()) return;
    this.keep("");
    this.setState({ menu: null });
    if (this.box) this.box.style.height = "auto";
    if (await this.props.onSay(draft.trim())) return;
    this.keep([draft, drafts.get(this.props.whose)].filter(Boolean).join("\n"));
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.state.menu) this.close();
    else if (event.key === "ArrowDown" && this.state.menu) {
      event.preventDefault();
      this.base.querySelector(".menu button")?.focus();
    }
  }

  commands() {
    const start = this.state.menu === "typed" ? this.state.draft.slice(1).toLowerCase() : "";
    return this.props.commands
      .filter(({ command }) => command.startsWith(start))
      .slice(0, this.state.menu === "typed" ? SHOWN_COMMANDS : undefined)
      .map(({ command, description }) => ({
        word: `/${command}`,
        hint: description,
        run: () => {
          this.keep("");
          this.props.onSay(`/${command}`);
        },
      }));
  }

  menu() {
    const { menu } = this.state;
    if (menu === "attach") return html`<${Menu} grab label=${this.words("sendSomething")} items=${this.props.attachments} onClose=${this.close} />`;
    if (menu !== "commands" && menu !== "typed") return null;
    const items = this.commands();
    if (!items.length) return menu === "typed" ? null : html`<div class="menu"><p class="menu-empty">${this.words("noCommands")}</p></div>`;
    return html`<${Menu} key=${menu} grab=${menu === "commands"} label=${this.words("commands")} items=${items} onClose=${this.close} />`;
  }

  render({ keyboard, name, language, onPress }, { draft, menu, closed }) {
    const sign = keyboard && JSON.stringify(keyboard);
    const shown = keyboard && closed !== sign;
    const press = (key) => {
      if (keyboard.one_time_keyboard) this.setState({ closed: sign });
      onPress(key);
    };
    const { words } = this;
    return html`<div class="foot" lang=${spoken(language)}>
      ${this.menu()}
      <form class="composer" aria-label="Write as ${name}" onSubmit=${(event) => (event.preventDefault(), this.send())}>
        <button type="button" class="round" aria-label=${words("commands")} title=${words("commands")} aria-haspopup="menu" aria-expanded=${String(menu === "commands")} onClick=${() => this.toggle("commands")}><${Icon} name="commands" /></button>
        <textarea
          aria-label=${words("message")}
          rows="1"
          placeholder=${(shown && keyboard.input_field_placeholder) || words("message")}
          value=${draft}
          ref=${(element) => (this.box = element)}
          onInput=${(event) => this.type(event)}
          onKeyDown=${(event) => this.key(event)}
        ></textarea>
        ${keyboard &&
        html`<button type="button" class="round" aria-label=${words("replyKeys")} title=${words("replyKeysTitle")} aria-expanded=${String(shown)} onClick=${() => this.setState({ closed: shown ? sign : null })}><${Icon} name="keys" /></button>`}
        <button type="button" class="round" data-opens="attach" aria-label=${words("attach")} title=${words("attachTitle")} aria-haspopup="menu" aria-expanded=${String(menu === "attach")} onClick=${() => this.toggle("attach")}><${Icon} name="attach" /></button>
        <button type="submit" class="round send" aria-label=${words("send")} title=${words("sendTitle")} disabled=${!draft.trim()}><${Icon} name="send" /></button>
      </form>
      ${shown && html`<${ReplyKeyboard} keyboard=${keyboard} label=${words("replyKeys")} onPress=${press} />`}
    </div>`;
  }
}
