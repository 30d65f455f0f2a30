/** The page: all phones of the town side by side, one map, the time line, and the line on which changes are heard. */
import { Component, html, render } from "./vendor/preact/standalone.module.js";
import { readTown } from "./api.js";
import { Bar, Tabs } from "./bar.js";
import { Dialog } from "./dialogs.js";
import { Troubles } from "./faults.js";
import { TownMap } from "./map.js";
import { remember, remembered } from "./memory.js";
import { Phone } from "./phone.js";
import { Caption, isOn, isOver } from "./play.js";
import { pointAt } from "./pointing.js";
import { Reading } from "./reading.js";
import { Strip, goTo } from "./strip.js";
import { TimeLine } from "./timeline.js";
import { tripOf } from "./trips.js";
import { Watch } from "./watch.js";
import { Greeting } from "./welcome.js";

const NARROW = matchMedia("(max-width: 760px)");
const NOTE_MS = 5000;
const PANELS = ["map", "line"];

class App extends Component {
  watch = new Watch((news) => this.heard(news));

  state = {
    town: null,
    people: [],
    chats: {},
    seen: {},
    news: this.watch.news,
    hidden: remembered("hidden", []),
    dock: remembered("dock", innerWidth >= 1200 ? "right" : "below"),
    folded: remembered("folded", false),
    streets: false,
    narrow: NARROW.matches,
    tab: null,
    used: null,
    inView: [],
    dialog: null,
    shown: null,
    online: true,
    note: null,
    away: false,
  };

  reading = new Reading({
    onPeople: (people) => this.setState({ people, tab: this.state.tab ?? people.find((person) => !person.simulated)?.id ?? "map" }),
    onChat: (id, chat) => this.take(id, chat),
    onTrouble: (error) => this.tell(error.message),
    onLine: (online) => online !== this.state.online && this.setState({ online }),
    onStir: () => this.watch.look(),
  });

  async componentDidMount() {
    document.addEventListener("pointerdown", (event) => this.touched(event));
    document.addEventListener("focusin", (event) => this.touched(event));
    NARROW.addEventListener("change", () => this.setState({ narrow: NARROW.matches }));
    try {
      const town = await readTown();
      document.title = town.title || "Doorstep sandbox";
      await Promise.all([this.watch.start(town), this.reading.start()]);
      this.setState({ town, away: isOver(this.state.news.play) }); // what ended before is no news
    } catch (error) {
      this.setState({ failed: error.message });
    }
  }

  /** The phone that is being used reads what comes at once. */
  componentDidUpdate() {
    const used = this.state.narrow ? this.chosen() : this.state.used;
    if (used in this.state.chats) this.see(used);
    const acting = this.acting();
    if (acting in this.state.chats) this.see(acting);
    if (this.awaited && this.go(this.awaited)) this.awaited = null;
  }

  touched(event) {
    const person = Number(event.target.closest?.("[data-person]")?.dataset.person) || null;
    if (person) this.see(person);
    if ((person || event.type === "pointerdown") && person !== this.state.used) this.setState({ used: person });
  }

  take(id, chat) {
    const newest = chat.messages.at(-1)?.message_id ?? 0;
    this.setState(({ chats, seen }) => ({ chats: { ...chats, [id]: chat }, seen: id in seen ? seen : { ...seen, [id]: newest } }));
  }

  /** Who acts in the story is shown; whoever turns to the map or the time line meanwhile is left there. */
  heard(news) {
    const before = this.state.news.play;
    this.setState({ news });
    const begins = isOn(news.play) && !isOn(before);
    if (begins) this.setState({ away: false });
    if (!isOn(news.play) || !news.play.who || news.play.who === before?.who) return;
    if (this.state.hidden.includes(news.play.who)) this.hide(news.play.who, false);
    if (!this.state.narrow) goTo(news.play.who, false);
    else if (begins || !PANELS.includes(this.state.tab)) this.setState({ tab: news.play.who });
  }

  startOver = () =>
    this.run(async () => {
      this.setState({ starting: true });
      try {
        await this.watch.startOver();
        location.reload();
      } catch (error) {
        this.setState({ starting: false });
        throw error;
      }
    });

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
      this.watch.look();
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

  fold = () => {
    remember("folded", !this.state.folded);
    this.setState({ folded: !this.state.folded });
  };

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

  waiting(id) {
    const seen = this.state.seen[id] ?? 0;
    return (this.state.chats[id]?.messages ?? []).filter((message) => !message.mine && message.message_id > seen);
  }

  unread = (id) => this.waiting(id).length;

  loud = (id) => this.waiting(id).some((message) => message.loud);

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

  /** An entry of the time line leads to its message. */
  follow = async (id, message) => {
    if (this.state.hidden.includes(id)) this.hide(id, false);
    if (this.state.narrow) this.setState({ tab: id });
    else goTo(id, false);
    if (message && !(await pointAt(id, message))) this.tell("This message is no longer there.");
  };

  /** Whose phone the story is played on now. */
  acting() {
    const { play } = this.state.news;
    return isOn(play) ? play.who : null;
  }

  /** Whether the sandbox serves this besides the phones. */
  offers(what) {
    return (this.state.town?.offers ?? []).includes(what);
  }

  phones() {
    return this.state.people.filter((person) => !person.simulated);
  }

  visible() {
    return this.phones().filter((person) => !this.state.hidden.includes(person.id));
  }

  /** The tab that shows; the chosen one may have been hidden since. */
  chosen() {
    const { tab } = this.state;
    const visible = this.visible();
    return PANELS.includes(tab) || visible.some((person) => person.id === tab) ? tab : (visible[0]?.id ?? "map");
  }

  /** Nobody has used this town yet. */
  isNew() {
    const { chats, news } = this.state;
    return Boolean(news.clock) && this.phones().every((person) => !chats[person.id]?.messages.length);
  }

  bar(visible) {
    const { town, hidden, inView, dock, online, narrow, news } = this.state;
    const away = this.phones().filter((person) => hidden.includes(person.id));
    return html`<${Bar}
      ...${{ town, away, inView, dock, online, narrow, news, people: visible, greets: this.isNew(), unread: this.unread, loud: this.loud, watch: this.watch, run: this.run, onFresh: this.offers("fresh") ? this.startOver : null }}
      onGo=${this.go}
      onDock=${(wanted) => this.dock(wanted)}
      onShow=${(id) => (this.hide(id, false), this.expect(id))}
      onAdd=${() => this.ask({ kind: "new-person" })}
    />`;
  }

  phone = (person) => {
    const { town, chats, seen, news, used, narrow } = this.state;
    return html`<${Phone}
      key=${person.id}
      person=${person}
      chat=${chats[person.id]}
      seen=${seen[person.id] ?? 0}
      unread=${this.unread(person.id)}
      loud=${this.loud(person.id)}
      town=${town}
      first=${Boolean(news.clock)}
      acts=${this.acting() === person.id}
      used=${narrow || used === person.id}
      trip=${tripOf(person, news, this.run)}
      ask=${this.ask}
      show=${this.show}
    />`;
  };

  map() {
    const { town, people, news, shown, streets, dock, narrow } = this.state;
    return html`<${TownMap}
      ...${{ town, people, news, shown, streets, dock: narrow ? null : dock, first: this.isNew(), ask: this.ask, run: this.run, tell: this.tell }}
      onDock=${(wanted) => this.dock(wanted)}
      onStreets=${(wanted) => this.setState({ streets: wanted })}
      onClear=${() => this.setState({ shown: null })}
    />`;
  }

  line() {
    const { town, people, chats, news, folded, narrow } = this.state;
    if (!news.clock) return null;
    return html`<${TimeLine} ...${{ people, chats, news }} zone=${town.zone} folded=${!narrow && folded} onFold=${narrow ? null : this.fold} onFollow=${this.follow} />`;
  }

  /** What goes on: over the phones, and away when nothing does. */
  notices(visible) {
    const { people, news, away } = this.state;
    const tellPlay = (order) => this.run(() => this.watch.tellPlay(order));
    const acting = this.state.narrow && this.acting() !== this.chosen() ? people.find((person) => person.id === this.acting()) : null;
    return html`<${Troubles} news=${news} people=${people} onLift=${(number) => this.run(() => this.watch.lift(number))} onBot=${(what) => this.run(() => this.watch.tellBot(what))} />
      <${Caption} play=${news.play} away=${away} aside=${acting} onTell=${tellPlay} onFresh=${this.offers("fresh") ? this.startOver : null} onFollow=${() => this.go(this.acting())} onAway=${() => this.setState({ away: true })} />
      ${this.isNew() && !isOn(news.play) && html`<${Greeting} people=${visible} play=${news.play} onPlay=${() => tellPlay({ do: "start" })} onGo=${this.go} />`}`;
  }

  main(visible) {
    const { dock, narrow } = this.state;
    if (!narrow)
      return html`<${Strip} people=${visible} phone=${this.phone} unread=${this.unread} loud=${this.loud} onView=${(inView) => this.setState({ inView })} />
        ${dock !== "hidden" && html`<div class="side">${this.map()} ${this.line()}</div>`}`;
    const chosen = this.chosen();
    if (chosen === "map") return this.map();
    if (chosen === "line") return this.line();
    return visible.filter((person) => person.id === chosen).map(this.phone);
  }

  render(_, { town, people, dock, narrow, dialog, streets, note, failed, starting }) {
    if (failed) return html`<p class="loading" role="alert">${failed}</p>`;
    if (!town) return html`<p class="loading">Opening the sandbox…</p>`;
    if (starting) return html`<p class="loading" role="status">A new town is being built…</p>`;
    const visible = this.visible();
    return html`<div class="page dock-${narrow ? "tabs" : dock}">
      ${this.bar(visible)} ${this.notices(visible)}
      ${narrow && html`<${Tabs} people=${visible} hasLine=${Boolean(this.state.news.clock)} tab=${this.chosen()} unread=${this.unread} loud=${this.loud} onTab=${(id) => this.setState({ tab: id })} />`}
      <main>${this.main(visible)}</main>
      ${dialog &&
      html`<${Dialog} dialog=${dialog} people=${people} town=${town} streets=${streets} run=${this.run} show=${this.show} onHide=${this.hide} onAdded=${this.expect} onClose=${this.close} />`}
      ${note && html`<p class="note-pop" role="alert">${note}</p>`}
    </div>`;
  }
}

render(html`<${App} />`, document.getElementById("app"));
