/** What the page asks in between: which point, which photo, whose phone, which contact, who joins. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { act, addPerson, changePerson, uploadPhoto } from "./api.js";
import { Avatar, ROLE_SIGNS } from "./icons.js";
import { PointPicker } from "./map.js";
import { deepLink, pointIn } from "./links.js";
import { LANGUAGES } from "./phone.js";

const HOUR = 3600;
const PERIODS = { [HOUR / 4]: "15 minutes", [HOUR]: "1 hour", [8 * HOUR]: "8 hours", [0x7fffffff]: "until turned off" };

/** A modal sheet. Escape, the cross and a click beside it close it. */
class Sheet extends Component {
  componentDidMount() {
    this.sheet.showModal();
  }

  componentWillUnmount() {
    this.gone = true;
    this.sheet.close(); // gives the focus back to where it was
  }

  render({ title, children, onClose, wide }) {
    const beside = (event) => event.target === this.sheet && onClose();
    const closed = () => this.gone || onClose();
    const hold = (element) => (this.sheet = element ?? this.sheet);
    return html`<dialog class=${wide ? "wide" : ""} aria-label=${title} ref=${hold} onClose=${closed} onPointerDown=${beside}>
      <div class="sheet">
        <header><h2>${title}</h2><button type="button" class="round" aria-label="Close" onClick=${onClose}>×</button></header>
        ${children}
      </div>
    </dialog>`;
  }
}

function RoleAndLanguage({ person = {} }) {
  return html`<div class="pair">
    <label>Plays the <select name="role">${Object.keys(ROLE_SIGNS).map((role) => html`<option value=${role} selected=${role === (person.role ?? "driver")}>${role}</option>`)}</select></label>
    <label>Phone speaks <select name="language">${Object.entries(LANGUAGES).map(([code, word]) => html`<option value=${code} selected=${code === (person.language ?? "en")}>${word}</option>`)}</select></label>
  </div>`;
}

const fields = (event) => {
  event.preventDefault();
  return Object.fromEntries(new FormData(event.target));
};

class LocationSheet extends Component {
  constructor(props) {
    super(props);
    const { person, at } = props.dialog;
    const known = person?.position;
    this.state = { at: at ?? (known ? [known.lat, known.lon] : null), who: person?.id ?? props.people[0]?.id, period: String(8 * HOUR), name: null, find: "" };
  }

  places() {
    const find = this.state.find.toLowerCase();
    const point = (place) => this.setState({ at: [place.lat, place.lon], name: place.name });
    return this.props.town.places
      .filter((place) => !place.line && `${place.name} ${place.address}`.toLowerCase().includes(find))
      .map((place) => html`<li><button type="button" onClick=${() => point(place)}><strong>${place.name}</strong><span>${place.address}</span></button></li>`);
  }

  send(live) {
    const [lat, lon] = this.state.at;
    const body = live ? { lat, lon, period: Number(this.state.period) } : { lat, lon };
    this.props.run(() => act(this.state.who, live ? "live" : "pin", body));
  }

  render({ dialog, people, town, streets, onClose }, { at, name, who, period, find }) {
    const person = people.find((other) => other.id === who);
    const words = at ? (name ?? `${at[0].toFixed(5)}, ${at[1].toFixed(5)}`) : "Click on the map or choose a place.";
    const pin = html`<button type="button" class=${dialog.live ? "" : "primary"} disabled=${!at} onClick=${() => this.send(false)}>Send pin</button>`;
    return html`<${Sheet} wide title=${person && dialog.person ? `Where is ${person.name}?` : "Send this point"} onClose=${onClose}>
      <div class="choose-point">
        <${PointPicker} town=${town} at=${at} named=${Boolean(name)} streets=${streets} onPick=${(point) => this.setState({ at: point, name: null })} />
        <div class="places">
          <input type="search" aria-label="Find a place" placeholder="Find a place" value=${find} onInput=${(event) => this.setState({ find: event.target.value })} />
          <ul>${this.places()}</ul>
        </div>
      </div>
      <p class="point" role="status">${words}</p>
      <div class="actions">
        ${!dialog.person &&
        html`<label>as <select value=${who} onChange=${(event) => this.setState({ who: Number(event.target.value) })}>${people.filter((other) => !other.simulated).map((other) => html`<option value=${other.id}>${other.name}</option>`)}</select></label>`}
        <span class="gap"></span>
        ${pin}
        <select aria-label="Share for" value=${period} onChange=${(event) => this.setState({ period: event.target.value })}>${Object.entries(PERIODS).map(([value, word]) => html`<option value=${value}>${word}</option>`)}</select>
        <button type="button" class=${dialog.live ? "primary" : ""} disabled=${!at} onClick=${() => this.send(true)}>Share live</button>
      </div>
    <//>`;
  }
}

function LinkSheet({ dialog, people, town, run, show, onClose }) {
  const payload = deepLink(dialog.url, town.bot.username);
  if (payload !== null) {
    const waiting = (person) => Number(person.role !== "customer");
    const phones = people.filter((person) => !person.simulated).sort((a, b) => waiting(a) - waiting(b));
    const open = (person) => run(() => act(person.id, "open", { link: `https://t.me/${town.bot.username}?start=${payload}` }));
    return html`<${Sheet} title="Open on whose phone?" onClose=${onClose}>
      <p class="url">${dialog.url}</p>
      <div class="people">
        ${phones.map((person) => html`<button type="button" data-label=${person.name} onClick=${() => open(person)}><${Avatar} person=${person} /> ${person.name} <small>${person.role}</small></button>`)}
      </div>
    <//>`;
  }
  const point = pointIn(dialog.url);
  const look = () => (onClose(), show(...point, "From the link"));
  return html`<${Sheet} title="Open this link?" onClose=${onClose}>
    <p class="url">${dialog.url}</p>
    <div class="actions">
      ${point && html`<button type="button" class="primary" onClick=${look}>Show on this map</button>`}
      <a class="button" href=${dialog.url} target="_blank" rel="noopener noreferrer" onClick=${onClose}>Open in a new tab</a>
    </div>
  <//>`;
}

function UploadSheet({ dialog, run, onClose }) {
  const send = (event) => {
    const { photo, caption } = fields(event);
    run(() => uploadPhoto(dialog.person.id, photo, caption));
  };
  return html`<${Sheet} title="Photo from ${dialog.person.name}" onClose=${onClose}>
    <form onSubmit=${send}>
      <label>Picture <input type="file" name="photo" accept="image/*" required /></label>
      <label>Caption <input name="caption" maxlength="1024" /></label>
      <div class="actions"><button class="primary">Send photo</button></div>
    </form>
  <//>`;
}

function ContactSheet({ dialog, run, onClose }) {
  const send = (event) => {
    const contact = fields(event);
    run(() => act(dialog.person.id, "contact", contact));
  };
  return html`<${Sheet} title="Another contact" onClose=${onClose}>
    <form onSubmit=${send}>
      <label>Name <input name="name" autofocus required /></label>
      <label>Phone <input name="phone" type="tel" required placeholder="+1 702 555 0142" /></label>
      <div class="actions"><button class="primary">Send contact</button></div>
    </form>
  <//>`;
}

function PersonSheet({ dialog, run, onClose, onHide }) {
  const { person } = dialog;
  const save = (event) => {
    const change = fields(event);
    run(() => changePerson(person.id, change));
  };
  return html`<${Sheet} title=${person.name} onClose=${onClose}>
    <form onSubmit=${save}>
      <label>Name <input name="name" defaultValue=${person.name} required maxlength="64" /></label>
      <${RoleAndLanguage} person=${person} />
      <p class="note">Telegram id ${person.id}${person.username && `, @${person.username}`}</p>
      <div class="actions">
        <button type="button" onClick=${() => (onHide(person.id), onClose())}>Hide this phone</button>
        <button type="button" class=${person.blocked ? "" : "danger"} onClick=${() => run(() => act(person.id, person.blocked ? "unblock" : "block"))}>${person.blocked ? "Unblock the bot" : "Block the bot"}</button>
        <button class="primary">Save</button>
      </div>
    </form>
  <//>`;
}

function NewPersonSheet({ run, onAdded, onClose }) {
  const add = (event) => {
    const person = fields(event);
    run(async () => onAdded((await addPerson(person)).id));
  };
  return html`<${Sheet} title="One more person" onClose=${onClose}>
    <form onSubmit=${add}>
      <label>Name <input name="name" autofocus required maxlength="64" /></label>
      <${RoleAndLanguage} />
      <p class="note">The role only sorts and colours the phone. The bot asks everybody who they are.</p>
      <div class="actions"><button class="primary">Add phone</button></div>
    </form>
  <//>`;
}

function PhotoSheet({ dialog, onClose }) {
  return html`<${Sheet} wide title="Photo" onClose=${onClose}><img class="large" src=${dialog.src} alt=${dialog.words} /><//>`;
}

const SHEETS = {
  location: LocationSheet,
  link: LinkSheet,
  upload: UploadSheet,
  contact: ContactSheet,
  person: PersonSheet,
  "new-person": NewPersonSheet,
  photo: PhotoSheet,
};

/** The sheet for what is asked. `run(work)` closes it when the work is done and tells what went wrong. */
export function Dialog(props) {
  return html`<${SHEETS[props.dialog.kind]} ...${props} />`;
}
