/** What happens in the town besides the chats: the clock, faults, the bot's life, deliveries, the story that is played. */
import * as api from "./api.js";
import { FAULTS } from "./faults.js";
import { isOn } from "./play.js";
import { soon } from "./soon.js";
import { long } from "./times.js";

const IDLE_MS = 4000;
const AWAKE_MS = 600;
const REST_MS = 700;
const AGAIN_MS = 300;
const LONG_S = 900;
const KEPT = 100;

/** `onNews(news)` is called with all that is known whenever some of it is new. */
export class Watch {
  news = { clock: null, alive: true, faults: [], timeline: [], happened: [], deliveries: [], drivers: [], drives: [], play: null, winding: null };

  constructor(onNews) {
    this.onNews = onNews;
    this.look = soon(() => this.readTown(), REST_MS);
  }

  /** Find out what there is: the sandbox of another bot has no playground. */
  async start({ offers = [] }) {
    this.plain = !offers.includes("clock");
    if (!this.plain) await api.readClock().then((clock) => this.takeClock(clock), () => {});
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

  /** The clock was wound; several times running is told as one entry, and what a story or a script winds a little is a detail. */
  noteWound(wound, byHand) {
    const at = new Date(this.townTime()).toISOString();
    this.tell({ happened: [...this.news.happened, { key: `clock:${at}`, kind: "town", at, who: "", wound, detail: !byHand && wound < LONG_S, sign: "🕰️" }].slice(-KEPT) });
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
    if (wound >= 1 && !this.news.winding) this.noteWound(wound, false);
  }

  async wind(seconds) {
    const from = this.townTime();
    this.tell({ winding: { from, seconds } });
    const peek = setInterval(() => api.readClock().then((clock) => this.takeClock(clock), () => {}), AWAKE_MS / 2);
    try {
      const clock = await api.windClock(seconds);
      this.takeClock(clock);
      this.noteWound(seconds, true);
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
    await api.readPlay().then((play) => this.tell({ play }), () => {});
  }

  /** Begin the town anew; comes back when the new one answers. */
  startOver = async () => {
    const { began } = await api.readTown();
    await api.beginAnew();
    for (let tries = 0; tries < 100; tries += 1) {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      const town = await api.readTown().catch(() => null);
      if (town && town.began !== began) return;
    }
    throw new Error("The town does not come back. Is the sandbox still running?");
  };

  tellPlay = async (order) => this.tell({ play: await api.tellPlay(order) });
}
