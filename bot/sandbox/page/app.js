/** The page: all phones of the town side by side, one map, and the line on which changes are heard. */
import { Component, html, render } from "./vendor/preact/standalone.module.js";
import { listen, readChat, readPeople, readTown } from "./api.js";
import { Dialog } from "./dialogs.js";
import { Avatar, Icon } from "./icons.js";
import { TownMap } from "./map.js";
import { Phone } from "./phone.js";

const NARROW = matchMedia("(max-width: 760px)");
const NOTE_MS = 5000;

function remembered(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`doorstep.${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(`doorstep.${key}`, JSON.stringify(value));
  } catch {
    // a browser that keeps nothing only forgets how the page was arranged
  }
}

class App extends Component {
  state = {
    town: null,
    people: [],
    chats: {},
    seen: {},
    hidden: remembered("hidden", []),
    dock: remembered("dock", innerWidth >= 1200 ? "right" : "below"),
    streets: false,
    narrow: NARROW.matches,
    tab: null,
    dialog: null,
    shown: null,
    online: true,
    note: null,
  };

  reading = new Map();

  async componentDidMount() {
    document.addEventListener("pointerdown", (event) => this.touched(event));
    document.addEventListener("focusin", (event) => this.touched(event));
    NARROW.addEventListener("change", () => this.setState({ narrow: NARROW.matches }));
    try {
      const town = await readTown();
      document.title = town.title || "Doorstep sandbox";
      this.setState({ town });
      await this.readAll();
    } catch (error) {
      this.setState({ failed: error.message });
      return;
    }
    const last = Math.max(0, ...Object.values(this.state.chats).map((chat) => chat.seq ?? 0));
    listen(last, (change) => this.changed(change), (online) => this.lineChanged(online));
  }

  /** The phone that is being used reads what comes at once. */
  componentDidUpdate() {
    const used = this.state.narrow ? this.state.tab : this.used;
    if (used in this.state.chats) this.see(used);
  }

  touched(event) {
    const person = event.target.closest?.("[data-person]")?.dataset.person;
    if (person) this.see((this.used = Number(person)));
    else if (event.type === "pointerdown") this.used = null;
  }

  async readAll() {
    await this.readEverybody();
    await Promise.all(this.state.people.map((person) => this.readOne(person.id)));
  }

  async readEverybody() {
    const people = await readPeople();
    const tab = this.state.tab ?? people[0]?.id ?? "map";
    this.setState({ people, tab });
  }

  /** Read one chat; a change that comes while it is being read has it read once more. */
  async readOne(id) {
    if (this.reading.has(id)) {
      this.reading.set(id, true);
      return;
    }
    try {
      do {
        this.reading.set(id, false);
        const chat = await readChat(id);
        const newest = chat.messages.at(-1)?.message_id ?? 0;
        this.setState(({ chats, seen }) => ({ chats: { ...chats, [id]: chat }, seen: id in seen ? seen : { ...seen, [id]: newest } }));
      } while (this.reading.get(id));
    } finally {
      this.reading.delete(id);
    }
  }

  async changed({ chats = [], people }) {
    try {
      if (people) await this.readEverybody();
      const known = this.state.people.map((person) => person.id);
      const missing = known.filter((id) => !(id in this.state.chats));
      const wanted = new Set([...chats.filter((id) => known.includes(id)), ...missing]);
      await Promise.all([...wanted].map((id) => this.readOne(id)));
    } catch (error) {
      this.tell(error.message);
    }
  }

  lineChanged(online) {
    const back = online && !this.state.online;
    if (online !== this.state.online) this.setState({ online });
    if (back) this.readAll().catch((error) => this.tell(error.message));
  }

  tell = (note) => {
    this.setState({ note });
    clearTimeout(this.noteEnds);
    this.noteEnds = setTimeout(() => this.setState({ note: null }), NOTE_MS);
  };

  ask = (dialog) => this.setState({ dialog });

  close = () => this.setState({ dialog: null });

  run = async (work) => {
    try {
      await work();
      this.close();
    } catch (error) {
      this.tell(error.message);
    }
  };

  show = (lat, lon, title) => {
    this.setState({ shown: { lat, lon, title } });
    if (this.state.narrow) this.setState({ tab: "map" });
    if (this.state.dock === "hidden") this.dock("below");
  };

  dock(dock) {
    remember("dock", dock);
    this.setState({ dock });
  }

  hide = (id, hidden = true) => {
    const rest = this.state.hidden.filter((other) => other !== id);
    const all = hidden ? [...rest, id] : rest;
    remember("hidden", all);
    this.setState({ hidden: all });
  };

  see(id) {
    const newest = this.state.chats[id]?.messages.at(-1)?.message_id ?? 0;
    if ((this.state.seen[id] ?? 0) < newest) this.setState(({ seen }) => ({ seen: { ...seen, [id]: newest } }));
  }

  unread(id) {
    const seen = this.state.seen[id] ?? 0;
    return (this.state.chats[id]?.messages ?? []).filter((message) => !message.mine && message.message_id > seen).length;
  }

  bar() {
    const { town, people, hidden, dock, online, narrow } = this.state;
    return html`<header class="bar">
      <img src="./icon.svg" alt="" />
      <h1>${town.title || town.bot.name}</h1>
      <span class="handle">@${town.bot.username}</span>
      <span class="gap"></span>
      ${people
        .filter((person) => hidden.includes(person.id))
        .map((person) => html`<button type="button" class="chip" onClick=${() => this.hide(person.id, false)}>Show ${person.name}</button>`)}
      ${!online && html`<span class="offline" role="alert">The sandbox does not answer; trying again…</span>`}
      ${!narrow &&
      html`<label class="dock">Map
        <select aria-label="Map" value=${dock} onChange=${(event) => this.dock(event.target.value)}>
          <option value="below">below</option><option value="right">at the side</option><option value="hidden">hidden</option>
        </select>
      </label>`}
      <button type="button" class="add" aria-label="Add a person" onClick=${() => this.ask({ kind: "new-person" })}><${Icon} name="plus" /> <span>person</span></button>
    </header>`;
  }

  tabs(shown) {
    const { tab } = this.state;
    const button = (id, words, extra) => html`<button type="button" role="tab" aria-selected=${String(tab === id)} onClick=${() => this.setState({ tab: id })}>${words}${extra}</button>`;
    return html`<nav aria-label="Phones"><div class="tabs" role="tablist" aria-label="Phones">
      ${shown.map((person) => {
        const unread = this.unread(person.id);
        return button(person.id, html`<${Avatar} person=${person} /><span>${person.name}</span>`, unread > 0 && html`<span class="unread" aria-label="${unread} unread">${unread}</span>`);
      })}
      ${button("map", html`<span class="avatar" aria-hidden="true">🗺</span><span>Map</span>`)}
    </div></nav>`;
  }

  phone(person) {
    const { town, chats, seen } = this.state;
    return html`<${Phone}
      key=${person.id}
      person=${person}
      chat=${chats[person.id]}
      seen=${seen[person.id] ?? 0}
      unread=${this.unread(person.id)}
      town=${town}
      ask=${this.ask}
      show=${this.show}
    />`;
  }

  render(_, { town, people, hidden, dock, narrow, tab, dialog, shown, streets, note, failed }) {
    if (failed) return html`<p class="loading" role="alert">${failed}</p>`;
    if (!town) return html`<p class="loading">Opening the sandbox…</p>`;
    const visible = people.filter((person) => !hidden.includes(person.id));
    const phones = narrow ? visible.filter((person) => person.id === tab) : visible;
    const mapped = narrow ? tab === "map" : dock !== "hidden";
    return html`<div class="page dock-${narrow ? "tabs" : dock}">
      ${this.bar()} ${narrow && this.tabs(visible)}
      <main>
        ${(!narrow || phones.length > 0) && html`<div class="phones" role="group" aria-label="Phones">${phones.map((person) => this.phone(person))}</div>`}
        ${mapped &&
        html`<${TownMap} town=${town} people=${people} shown=${shown} streets=${streets} onStreets=${(wanted) => this.setState({ streets: wanted })} onClear=${() => this.setState({ shown: null })} ask=${this.ask} tell=${this.tell} />`}
      </main>
      ${dialog &&
      html`<${Dialog} dialog=${dialog} people=${people} town=${town} streets=${streets} run=${this.run} show=${this.show} onHide=${this.hide} onClose=${this.close} />`}
      ${note && html`<p class="note-pop" role="alert">${note}</p>`}
    </div>`;
  }
}

render(html`<${App} />`, document.getElementById("app"));
