/** What happens in the town besides the chats: the clock, faults, the bot's life, deliveries, the story that is played. */
import * as api from "./api.js";
import { FAULTS } from "./faults.js";
import { isOn } from "./play.js";
import { soon } from "./soon.js";
import { long } from "./times.js";

const IDLE_MS = 4000;
const AWAKE_MS = 600;
const REST_MS = 700;
const KEPT = 100;

/** `onNews(news)` is called with all that is known whenever some of it is new. */
export class Watch {
  news = { clock: null, alive: true, faults: [], timeline: [], happened: [], deliveries: [], drivers: [], drives: [], play: null, winding: null };

  constructor(onNews) {
    this.onNews = onNews;
    this.look = soon(() => this.readTown(), REST_MS);
  }

  /** Find out what there is: the sandbox of another bot has no playground. */
  async start() {
    try {
      this.takeClock(await api.readClock());
    } catch (error) {
      if (error.status === 404) this.plain = true;
    }
    if (!this.plain) await this.readPlay();
    await this.readTown().catch(() => {});
    this.tick();
    setInterval(() => this.tick(), AWAKE_MS);
    addEventListener("focus", () => this.tick(true)); // whoever comes back finds the present
  }

  tick(now = false) {
    if (document.hidden) return;
    const awake = now || isOn(this.news.play) || this.news.winding || this.news.faults.length;
    if (!awake && Date.now() - (this.ticked ?? 0) < IDLE_MS) return;
    this.ticked = Date.now();
    if (this.news.play) this.readPlay();
    this.look();
  }

  tell(change) {
    if (Object.entries(change).every(([key, value]) => JSON.stringify(this.news[key]) === JSON.stringify(value))) return;
    this.news = { ...this.news, ...change };
    this.onNews(this.news);
  }

  /** Note something that the bot's own records do not hold. */
  note(text, sign) {
    const at = new Date(this.townTime()).toISOString();
    const entry = { key: `town:${at}:${text}`, kind: "town", at, who: "", text, sign };
    this.tell({ happened: [...this.news.happened, entry].slice(-KEPT) });
  }

  // the clock

  /** Milliseconds since 1970, as the town has it. */
  townTime() {
    const { clock } = this.news;
    if (!clock) return Date.now();
    return isOn(this.news.play) && this.news.play.state === "paused" ? clock.at : clock.at + performance.now() - clock.read;
  }

  takeClock({ now, ahead_s }) {
    const before = this.news.clock?.ahead ?? ahead_s;
    this.tell({ clock: { at: Date.parse(now), read: performance.now(), ahead: ahead_s } });
    const wound = ahead_s - before;
    if (wound >= 1 && !this.news.winding) this.note(`The clock was wound by ${long(wound)}`, "🕰️");
  }

  async wind(seconds) {
    const from = this.townTime();
    this.tell({ winding: { from, seconds } });
    const peek = setInterval(() => api.readClock().then((clock) => this.takeClock(clock), () => {}), AWAKE_MS / 2);
    try {
      const clock = await api.windClock(seconds);
      this.takeClock(clock);
      this.note(`The clock was wound by ${long(seconds)}`, "🕰️");
    } finally {
      clearInterval(peek);
      this.tell({ winding: null });
      this.look();
    }
  }

  // faults, and the bot's life

  takeFaults(faults) {
    const known = this.news.faults;
    this.tell({ faults: faults.map((fault) => ({ ...fault, until: performance.now() + 1000 * fault.left_s })) });
    const missing = (some, others) => some.filter((one) => !others.some((other) => other.number === one.number));
    for (const fault of missing(faults, known)) this.note(`${FAULTS[fault.kind]?.now ?? fault.kind} (${long(fault.left_s)})`, FAULTS[fault.kind]?.sign);
    for (const fault of missing(known, faults)) this.note(`${FAULTS[fault.kind]?.now ?? fault.kind}: over`, FAULTS[fault.kind]?.sign);
  }

  takeBot({ alive }) {
    if (alive === this.news.alive) return;
    this.tell({ alive });
    this.note(alive ? "The bot was started again" : "The bot was killed", alive ? "🌱" : "💀");
  }

  order = async (kind, seconds, chat) => this.takeFaults(await api.orderFault(kind, seconds, chat));

  lift = async (number) => this.takeFaults(await api.liftFault(number));

  tellBot = async (what) => this.takeBot(await api.tellBot(what));

  // the rest

  async readTown() {
    const reads = [api.readFaults().then((faults) => this.takeFaults(faults)), api.readDrives().then((drives) => this.tell({ drives }))];
    if (!this.plain) {
      reads.push(api.readTimeline().then((timeline) => this.tell({ timeline })));
      reads.push(api.readDeliveries().then((town) => this.tell(town)));
      reads.push(api.readBot().then((bot) => this.takeBot(bot)));
      if (!this.news.winding) reads.push(api.readClock().then((clock) => this.news.winding || this.takeClock(clock)));
    }
    await Promise.allSettled(reads);
  }

  async readPlay() {
    try {
      this.tell({ play: await api.readPlay() });
    } catch (error) {
      if (error.status === 404) this.tell({ play: null });
    }
  }

  tellPlay = async (order) => this.tell({ play: await api.tellPlay(order) });
}
