/** Reading the people and their chats, each as often as it changes and no oftener. */
import { listen, readChat, readPeople } from "./api.js";
import { soon } from "./soon.js";

const PEOPLE_MS = 400;

/** Phones stand in the order of the business: who runs it, who books, who drives, who waits. */
const ROLES = ["operator", "merchant", "driver", "customer"];
const rank = (person) => (ROLES.includes(person.role) ? ROLES.indexOf(person.role) : ROLES.length);

/** `onPeople(people)`, `onChat(id, chat)`, `onTrouble(error)`, `onLine(online)` are told what is read; `onStir()` that something changed. */
export class Reading {
  constructor(on) {
    this.on = on;
    this.chats = {};
    this.people = [];
    this.busy = new Map();
    this.peopleSoon = soon(() => this.told(() => this.readPeople()), PEOPLE_MS);
  }

  async start() {
    await this.readAll();
    const last = Math.max(0, ...Object.values(this.chats).map((chat) => chat.seq ?? 0));
    listen(last, (change) => this.changed(change), (online) => this.lineChanged(online));
  }

  async readAll() {
    await this.readPeople();
    await Promise.all(this.phones().map((id) => this.readOne(id)));
  }

  /** Whoever is simulated has no phone here, so his chat is not read. */
  phones() {
    return this.people.filter((person) => !person.simulated).map((person) => person.id);
  }

  async readPeople() {
    this.people = (await readPeople()).sort((a, b) => rank(a) - rank(b));
    this.on.onPeople(this.people);
    await Promise.all(this.phones().filter((id) => !(id in this.chats)).map((id) => this.readOne(id)));
  }

  /** Read one chat; a change that comes while it is being read has it read once more. */
  async readOne(id) {
    if (this.busy.has(id)) {
      this.busy.set(id, true);
      return;
    }
    try {
      do {
        this.busy.set(id, false);
        this.chats[id] = await readChat(id);
        this.on.onChat(id, this.chats[id]);
      } while (this.busy.get(id));
    } finally {
      this.busy.delete(id);
    }
  }

  async told(work) {
    try {
      await work();
    } catch (error) {
      this.on.onTrouble(error);
    }
  }

  changed({ chats = [], people }) {
    if (people) this.peopleSoon();
    const known = this.phones();
    this.told(() => Promise.all(chats.filter((id) => known.includes(id)).map((id) => this.readOne(id))));
    this.on.onStir();
  }

  lineChanged(online) {
    const back = online && this.online === false;
    this.online = online;
    this.on.onLine(online);
    if (back) this.told(() => this.readAll());
  }
}
