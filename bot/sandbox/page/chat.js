/** The messages of one chat: bubbles with what they hold, and the buttons beneath them. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { fileUrl } from "./api.js";
import { renderText } from "./entities.js";
import { Icon } from "./icons.js";
import { MiniMap } from "./minimap.js";
import { phrase } from "./phrases.js";
import { scan } from "./scan.js";
import { hour } from "./times.js";

const LIVE_FOR_EVER = 0x7fffffff;

/** A time as this phone writes it. */
const timeOn = (language, at, zone) => hour(at, zone, false, phrase(language, "locale"));

function liveWords(message, zone, language) {
  const period = message.location.live_period;
  if (!period) return phrase(language, "aLocation");
  const time = timeOn(language, message.date + period, zone);
  return period >= LIVE_FOR_EVER ? phrase(language, "aLiveLocation") : phrase(language, "liveUntil", { time });
}

/** A photo; one that shows a QR code with a link can be scanned by a phone. */
class Photo extends Component {
  async look(image) {
    const code = this.props.message.mine ? null : await scan(image).catch(() => null);
    if (code && this.base) this.setState({ code });
  }

  render({ message, language, on }, { code }) {
    const size = message.photo[message.photo.length - 1];
    const photo = phrase(language, "photoAlt");
    const words = message.caption ? `${photo}: ${message.caption}` : photo;
    return html`<div class="photo-box">
      <button type="button" class="photo" aria-label=${phrase(language, "enlarge")} onClick=${() => on.photo(fileUrl(size.file_id), words)}>
        <img src=${fileUrl(size.file_id)} alt=${words} width=${size.width} height=${size.height} loading="lazy" onLoad=${(event) => this.look(event.target)} />
      </button>
      ${code && html`<button type="button" class="scan" title=${code} onClick=${() => on.link(code)}><${Icon} name="scan" /> ${phrase(language, "scan")}</button>`}
    </div>`;
  }
}

function Place({ message, town, language, on }) {
  const venue = message.venue;
  const { latitude, longitude, live_period } = message.location ?? venue.location;
  const title = venue?.title ?? liveWords(message, town.zone, language);
  return html`<div class="place-card">
    <${MiniMap} lat=${latitude} lon=${longitude} places=${town.places} live=${Boolean(live_period)} />
    <div class="place-words">
      <span><strong>${title}</strong>${venue && html`<br />${venue.address}`}</span>
      <button type="button" class="linklike" onClick=${() => on.show(latitude, longitude, title)}>${phrase(language, "onTheMap")}</button>
    </div>
  </div>`;
}

function Contact({ contact }) {
  const name = [contact.first_name, contact.last_name].filter(Boolean).join(" ");
  return html`<div class="contact-card">
    <span class="avatar" aria-hidden="true">${name.slice(0, 1)}</span>
    <span><strong>${name}</strong><br />${/^\d/.test(contact.phone_number) && "+"}${contact.phone_number}</span>
  </div>`;
}

function content(message, props) {
  const { town, language, on } = props;
  const parts = [];
  if (message.photo) parts.push(html`<${Photo} message=${message} language=${language} on=${on} />`);
  if (message.location || message.venue) parts.push(html`<${Place} message=${message} town=${town} language=${language} on=${on} />`);
  if (message.contact) parts.push(html`<${Contact} contact=${message.contact} />`);
  if (message.voice) parts.push(html`<div class="object"><span aria-hidden="true">🎤</span> ${phrase(language, "voiceOf", { seconds: message.voice.duration })}</div>`);
  if (message.sticker) parts.push(html`<div class="sticker" role="img" aria-label=${phrase(language, "sticker")}>${message.sticker.emoji ?? "🙂"}</div>`);
  if (message.document)
    parts.push(html`<div class="object"><span aria-hidden="true">📄</span> <a href=${fileUrl(message.document.file_id)} target="_blank" rel="noopener">${message.document.file_name ?? phrase(language, "document")}</a></div>`);
  const text = message.text ?? message.caption;
  if (text) parts.push(html`<div class="text">${renderText(text, message.entities ?? message.caption_entities, on)}</div>`);
  if (message.pinned_message) parts.push(html`<div class="object"><span aria-hidden="true">📌</span> ${phrase(language, "pinned")}</div>`);
  if (!parts.length) parts.push(html`<div class="object">${phrase(language, "unknown")}</div>`);
  return parts;
}

function Sound({ loud, language }) {
  if (loud === null || loud === undefined) return null;
  const words = phrase(language, loud ? "loud" : "quiet");
  return html`<span class="sound ${loud ? "loud" : "quiet"}" role="img" aria-label=${words} title=${words}><${Icon} name=${loud ? "loud" : "quiet"} /></span>`;
}

function answered(message, language) {
  const other = message.reply_to_message;
  if (!other) return null;
  return html`<div class="quote">${other.text ?? other.caption ?? phrase(language, "aMessage")}</div>`;
}

/** One button under a message: it taps, opens a link or copies, as it is made. */
function InlineButton({ button, message, busy, language, on }) {
  const press = () => {
    if (button.url) on.link(button.url);
    else on.tap(message, button);
  };
  const sign = button.url ? "link" : button.copy_text ? "copy" : "";
  return html`<button
    type="button"
    class="key ${button.style ?? ""}"
    data-label=${button.text}
    aria-busy=${busy ? "true" : null}
    title=${button.copy_text ? phrase(language, "copies", { text: button.copy_text.text }) : (button.url ?? null)}
    onClick=${press}
  >
    ${button.text}${sign && html`<span class="sign"><${Icon} name=${sign} /></span>`}
  </button>`;
}

function InlineKeyboard({ message, busy, language, on }) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return html`<div class="keyboard" role="group" aria-label=${phrase(language, "choices")}>
    ${rows.map(
      (row) => html`<div class="row">
        ${row.map((button) => html`<${InlineButton} button=${button} message=${message} busy=${busy === `${message.message_id}:${button.text}`} language=${language} on=${on} />`)}
      </div>`,
    )}
  </div>`;
}

function look(message) {
  return JSON.stringify([message.text, message.caption, message.entities, message.reply_markup, message.photo?.length]);
}

/** One message. An edit makes it flash once, for an edit makes no sound. */
class Bubble extends Component {
  componentDidUpdate(before) {
    const { message } = this.props;
    if (message.mine || look(before.message) === look(message)) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.bubble?.animate([{ boxShadow: "0 0 0 3px var(--flash)" }, { boxShadow: "0 0 0 3px transparent" }], { duration: 1400 });
  }

  render({ message, town, busy, fresh, language, on }) {
    const side = message.mine ? "mine" : "theirs";
    const kind = message.sticker ? "plain" : message.photo || message.location || message.venue ? "media" : "";
    return html`<li class="line ${side}" data-message=${message.message_id}>
      <div class="bubble ${side} ${kind}" ref=${(element) => (this.bubble = element)}>
        ${answered(message, language)} ${content(message, { town, language, on })}
        <div class="meta">
          ${fresh && html`<span class="fresh-dot" role="img" aria-label=${phrase(language, "unread")} title=${phrase(language, "unread")}></span>`}
          ${message.edited && html`<span class="edited">${phrase(language, "edited")}</span>`}
          <time datetime=${new Date(message.date * 1000).toISOString()}>${timeOn(language, message.date, town.zone)}</time>
          ${!message.mine && html`<${Sound} loud=${message.loud} language=${language} />`}
        </div>
      </div>
      <${InlineKeyboard} message=${message} busy=${busy} language=${language} on=${on} />
    </li>`;
  }
}

function Album({ messages, town, language, on }) {
  const last = messages[messages.length - 1];
  const captioned = messages.find((message) => message.caption);
  const side = last.mine ? "mine" : "theirs";
  return html`<li class="line ${side}" data-message=${last.message_id} data-album=${messages.map((message) => message.message_id).join(" ")}>
    <div class="bubble media ${side}">
      <div class="album">${messages.map((message) => html`<${Photo} message=${message} language=${language} on=${on} />`)}</div>
      ${captioned && html`<div class="text">${renderText(captioned.caption, captioned.caption_entities, on)}</div>`}
      <div class="meta">
        <time>${timeOn(language, last.date, town.zone)}</time>
        ${!last.mine && html`<${Sound} loud=${last.loud} language=${language} />`}
      </div>
    </div>
  </li>`;
}

function gather(messages) {
  const groups = [];
  for (const message of messages) {
    const last = groups[groups.length - 1];
    if (message.media_group_id && last?.album === message.media_group_id) last.messages.push(message);
    else groups.push({ album: message.media_group_id, messages: [message] });
  }
  return groups;
}

function dayOf(message, zone, language) {
  return new Date(message.date * 1000).toLocaleDateString(phrase(language, "locale"), { day: "numeric", month: "long", timeZone: zone });
}

/** The list keeps to its end while the reader is at the end, and stays where it is when he has scrolled up. */
export class Messages extends Component {
  componentDidMount() {
    this.toEnd();
    this.watch = new ResizeObserver(() => this.atEnd && this.toEnd());
    this.watch.observe(this.list);
    this.watch.observe(this.list.firstElementChild);
    this.list.addEventListener("scroll", ({ target }) => {
      this.atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 60;
    });
  }

  componentWillUnmount() {
    this.watch.disconnect();
  }

  componentDidUpdate(before) {
    const mineAdded = this.props.messages.length > before.messages.length && this.props.messages.at(-1)?.mine;
    if (this.atEnd || mineAdded) this.toEnd();
  }

  toEnd() {
    this.atEnd = true;
    this.list.scrollTop = this.list.scrollHeight;
  }

  /** Only the phone in use tells a screen reader what comes: six that do would chatter. */
  render({ messages, seen, name, town, busy, used, language, on }) {
    const lines = [];
    let day = null;
    for (const group of gather(messages)) {
      const first = group.messages[0];
      if (dayOf(first, town.zone, language) !== day) {
        day = dayOf(first, town.zone, language);
        lines.push(html`<li class="day" key=${`day-${day}`}><span>${day}</span></li>`);
      }
      const fresh = !first.mine && first.message_id > seen;
      if (group.messages.length > 1) lines.push(html`<${Album} key=${first.message_id} messages=${group.messages} town=${town} language=${language} on=${on} />`);
      else lines.push(html`<${Bubble} key=${first.message_id} message=${first} town=${town} busy=${busy} fresh=${fresh} language=${language} on=${on} />`);
    }
    const hold = (element) => (this.list = element);
    return html`<div class="messages" tabindex="0" role="log" aria-live=${used ? "polite" : "off"} aria-label="Chat of ${name}" ref=${hold}>
      <ol>${lines}</ol>
    </div>`;
  }
}
