/** One person's phone: who holds it, the chat with the bot, what pops up, and the composer. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { act, changePerson } from "./api.js";
import { Messages } from "./chat.js";
import { Composer } from "./composer.js";
import { Avatar, Count, Icon, ROLE_SIGNS } from "./icons.js";
import { phrase, spoken } from "./phrases.js";
import { Rang, newestFrom } from "./sounds.js";
import { Hello } from "./welcome.js";

const TOAST_MS = 4500;
const RANG_MS = 6000;
const SAMPLES_IN_ALBUM = 3;
export const LANGUAGES = { en: "English", es: "Español", de: "Deutsch", fr: "Français" };

function attachments(phone) {
  const { person, ask } = phone.props;
  const live = person.position?.live ? person.position : null;
  const message = live ? { message_id: live.message_id } : {};
  const { trip } = phone.props;
  const items = [
    { sign: "📍", id: "location", run: () => ask({ kind: "location", person }) },
    live
      ? { sign: "🛑", id: "stopLive", run: () => phone.act("end", message) }
      : { sign: "📡", id: "live", run: () => ask({ kind: "location", person, live: true }) },
    { sign: "🖼️", id: "upload", run: () => ask({ kind: "upload", person }) },
    { sign: "📷", id: "photo", run: () => phone.act("photo") },
    { sign: "🗂️", id: "album", run: () => phone.act("photo", { count: SAMPLES_IN_ALBUM }) },
    { sign: "👤", id: "contact", run: () => phone.act("contact") },
    { sign: "👥", id: "otherContact", run: () => ask({ kind: "contact", person }) },
    { sign: "🎤", id: "voice", run: () => phone.act("voice") },
    { sign: "🙂", id: "sticker", run: () => phone.act("sticker") },
  ];
  return [...(trip ? [trip] : []), ...items].map((item) => ({ ...item, word: phrase(person.language, item.id, { ...item.values, where: phrase(person.language, item.values?.where) }) }));
}

function Languages({ person }) {
  const known = [...new Set([...Object.keys(LANGUAGES), person.language])].filter(Boolean);
  const change = (event) => changePerson(person.id, { language: event.target.value });
  return html`<select class="language" aria-label="Language of ${person.name}" title="Language of the phone" value=${person.language} onChange=${change}>
    ${known.map((code) => html`<option value=${code} aria-label=${LANGUAGES[code] ?? code}>${code.toUpperCase()}</option>`)}
  </select>`;
}

export class Phone extends Component {
  state = { busy: null, toasts: [], rang: null };

  componentDidUpdate(before) {
    this.listen(before.chat, this.props.chat);
    const was = before.chat?.toasts;
    const now = this.props.chat?.toasts;
    if (!was || !now || was === now) return;
    const newest = was.at(-1); // the list is bounded, so its length says nothing
    const from = newest ? now.findLastIndex((toast) => toast.at === newest.at && toast.text === newest.text) + 1 : 0;
    for (const toast of now.slice(from)) this.pop(toast);
  }

  componentWillUnmount() {
    this.gone = true;
  }

  /** Note whether what has just come rang; an edit makes no sound. */
  listen(was, now) {
    if (!was || was === now) return;
    const rang = newestFrom(was, now);
    if (!rang) return;
    this.setState({ rang });
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.gone || this.setState({ rang: null }), RANG_MS);
  }

  /** Show a few words over the chat; an alert stays until it is closed. */
  pop(toast) {
    if (this.gone || !toast.text) return;
    this.setState(({ toasts }) => ({ toasts: [...toasts, toast] }));
    if (!toast.alert) setTimeout(() => this.drop(toast), TOAST_MS);
  }

  drop(toast) {
    if (!this.gone) this.setState(({ toasts }) => ({ toasts: toasts.filter((other) => other !== toast) }));
  }

  async act(verb, body) {
    try {
      return await act(this.props.person.id, verb, body);
    } catch (error) {
      this.pop({ text: error.message, wrong: true });
      return null;
    }
  }

  /** Whether it was sent; where nobody answered, the words stay where they were typed. */
  async say(text) {
    try {
      await act(this.props.person.id, "say", { text });
      return true;
    } catch (error) {
      this.pop(error.status ? { text: error.message, wrong: true } : { text: phrase(this.props.person.language, "kept"), wrong: true });
      return false;
    }
  }

  async tap(message, button) {
    const mark = `${message.message_id}:${button.text}`;
    this.setState({ busy: mark });
    const which = button.callback_data ? { data: button.callback_data } : { label: button.text };
    const answer = await this.act("tap", { message_id: message.message_id, ...which });
    if (this.gone) return;
    if (this.state.busy === mark) this.setState({ busy: null });
    if (answer?.copied) {
      navigator.clipboard?.writeText(answer.copied).catch(() => {}); // the phone's own clipboard holds it all the same
      this.pop({ text: phrase(this.props.person.language, "copied", { text: answer.copied }) });
    }
    if (answer?.url) this.props.ask({ kind: "link", person: this.props.person, url: answer.url });
  }

  start() {
    this.startedHere = true;
    this.act("start");
  }

  press(key) {
    const { person, ask } = this.props;
    if (key.request_location && !person.position) ask({ kind: "location", person });
    else this.act("press", { label: key.text });
  }

  header() {
    const { person, unread, loud, ask } = this.props;
    return html`<header class="phone-head">
      <span class=${person.position?.live ? "is-live" : ""}>
        <${Avatar} person=${person} />
        ${person.position?.live && html`<span class="live-sign" role="img" aria-label=${phrase(person.language, "sharesLive")} title=${phrase(person.language, "sharesLive")}></span>`}
        <${Count} unread=${unread} loud=${loud} />
      </span>
      <div class="who">
        <h2>${person.name}</h2>
        <p>
          <span aria-hidden="true">${ROLE_SIGNS[person.role] ?? "🙂"}</span> ${phrase(person.language, person.role || "person") || person.role}
        </p>
      </div>
      <${Rang} rang=${this.state.rang} language=${person.language} />
      <${Languages} person=${person} />
      <button type="button" class="round" aria-label="More about ${person.name}" title="Name, role, block, hide" onClick=${() => ask({ kind: "person", person })}><${Icon} name="more" /></button>
    </header>`;
  }

  foot() {
    const { person, chat } = this.props;
    if (person.blocked)
      return html`<div class="foot" lang=${spoken(person.language)}><button type="button" class="start" data-label="Unblock" onClick=${() => this.act("unblock")}>${phrase(person.language, "unblock")}</button></div>`;
    if (chat && !chat.started) return html`<div class="foot" lang=${spoken(person.language)}><button type="button" class="start" data-label="Start" onClick=${() => this.start()}>${phrase(person.language, "start")}</button></div>`;
    return html`<${Composer}
      name=${person.name}
      whose=${person.id}
      language=${person.language}
      grab=${this.startedHere}
      commands=${chat?.commands ?? []}
      keyboard=${chat?.keyboard}
      attachments=${attachments(this)}
      onSay=${(text) => this.say(text)}
      onPress=${(key) => this.press(key)}
    />`;
  }

  popups() {
    return html`<div class="toasts" aria-live="polite">
      ${this.state.toasts.map(
        (toast) => html`<div class="toast ${toast.alert ? "alert" : ""} ${toast.wrong ? "wrong" : ""}" role=${toast.alert || toast.wrong ? "alert" : null}>
          <span>${toast.text}</span>
          ${toast.alert && html`<button type="button" onClick=${() => this.drop(toast)}>OK</button>`}
        </div>`,
      )}
    </div>`;
  }

  render({ person, chat, seen, town, first, acts, used, ask, show }, { busy, rang }) {
    const on = {
      link: (url) => ask({ kind: "link", person, url }),
      photo: (src, words) => ask({ kind: "photo", src, words }),
      command: (text) => this.act("say", { text }),
      tap: (message, button) => this.tap(message, button),
      show,
    };
    const empty = chat && !chat.messages.length;
    const look = `phone ${acts ? "acts" : ""} ${rang === "loud" ? "rings" : ""}`;
    return html`<section class=${look} data-person=${person.id} data-name=${person.name} aria-label="Phone of ${person.name}">
      ${this.header()}
      <div class="screen" lang=${spoken(person.language)}>
        ${empty && html`<${Hello} person=${person} bot=${town.bot} first=${first} />`}
        ${chat && html`<${Messages} messages=${chat.messages} seen=${seen} name=${person.name} town=${town} language=${person.language} busy=${busy} used=${used} on=${on} />`}
        ${this.popups()}
      </div>
      ${this.foot()}
    </section>`;
  }
}
