/** The page: all phones of the town side by side, one map, and the line on which changes are heard. */
import { Component, html, render } from "./vendor/preact/standalone.module.js";
import { listen, readChat, readPeople, readTown } from "./api.js";
import { Bar, Tabs } from "./bar.js";
import { Dialog } from "./dialogs.js";
import { TownMap } from "./map.js";
import { remember, remembered } from "./memory.js";
import { Phone } from "./phone.js";
import { Strip, goTo } from "./strip.js";

const NARROW = matchMedia("(max-width: 760px)");
const NOTE_MS = 5000;

/** Phones stand in the order of the business: who runs it, who books, who drives, who waits. */
const ROLES = ["operator", "merchant", "driver", "customer"];
const rank = (person) => (ROLES.includes(person.role) ? ROLES.indexOf(person.role) : ROLES.length);

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
    inView: [],
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
    const used = this.state.narrow ? this.chosen() : this.used;
    if (used in this.state.chats) this.see(used);
    if (this.awaited && this.go(this.awaited)) this.awaited = null;
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
    const people = (await readPeople()).sort((a, b) => rank(a) - rank(b));
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

  unread = (id) => {
    const seen = this.state.seen[id] ?? 0;
    return (this.state.chats[id]?.messages ?? []).filter((message) => !message.mine && message.message_id > seen).length;
  };

  /** Show this person's phone; false while it is not there yet. */
  go = (id) => {
    if (!this.state.narrow) return goTo(id);
    if (!this.state.people.some((person) => person.id === id)) return false;
    this.setState({ tab: id });
    return true;
  };

  /** Somebody new was asked for: his phone is shown as soon as it is there. */
  expect = (id) => {
    this.awaited = id;
    this.forceUpdate();
  };

  visible() {
    return this.state.people.filter((person) => !this.state.hidden.includes(person.id));
  }

  /** The tab that shows; the chosen one may have been hidden since. */
  chosen() {
    const { tab } = this.state;
    const visible = this.visible();
    return tab === "map" || visible.some((person) => person.id === tab) ? tab : (visible[0]?.id ?? "map");
  }

  bar(visible) {
    const { town, people, hidden, inView, dock, online, narrow } = this.state;
    return html`<${Bar}
      town=${town}
      people=${visible}
      away=${people.filter((person) => hidden.includes(person.id))}
      inView=${inView}
      unread=${this.unread}
      dock=${dock}
      online=${online}
      narrow=${narrow}
      onGo=${this.go}
      onDock=${(wanted) => this.dock(wanted)}
      onShow=${(id) => (this.hide(id, false), this.expect(id))}
      onAdd=${() => this.ask({ kind: "new-person" })}
    />`;
  }

  phone = (person) => {
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
  };

  render(_, { town, people, dock, narrow, dialog, shown, streets, note, failed }) {
    if (failed) return html`<p class="loading" role="alert">${failed}</p>`;
    if (!town) return html`<p class="loading">Opening the sandbox…</p>`;
    const visible = this.visible();
    const chosen = this.chosen();
    const phones = narrow ? visible.filter((person) => person.id === chosen) : visible;
    const mapped = narrow ? chosen === "map" : dock !== "hidden";
    return html`<div class="page dock-${narrow ? "tabs" : dock}">
      ${this.bar(visible)} ${narrow && html`<${Tabs} people=${visible} tab=${chosen} unread=${this.unread} onTab=${(id) => this.setState({ tab: id })} />`}
      <main>
        ${narrow ? phones.map(this.phone) : html`<${Strip} people=${phones} phone=${this.phone} unread=${this.unread} onView=${(inView) => this.setState({ inView })} />`}
        ${mapped &&
        html`<${TownMap} town=${town} people=${people} shown=${shown} streets=${streets} onStreets=${(wanted) => this.setState({ streets: wanted })} onClear=${() => this.setState({ shown: null })} ask=${this.ask} tell=${this.tell} />`}
      </main>
      ${dialog &&
      html`<${Dialog} dialog=${dialog} people=${people} town=${town} streets=${streets} run=${this.run} show=${this.show} onHide=${this.hide} onAdded=${this.expect} onClose=${this.close} />`}
      ${note && html`<p class="note-pop" role="alert">${note}</p>`}
    </div>`;
  }
}

render(html`<${App} />`, document.getElementById("app"));
