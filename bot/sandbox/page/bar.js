/** The head of the page: the town, a face for each phone, the story, the clock, faults; when narrow, the tabs. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Clock } from "./clock.js";
import { Faults } from "./faults.js";
import { Avatar, Count, Icon } from "./icons.js";
import { PlayButton } from "./play.js";

/** A face leads to its phone; those whose phones are in view stand on one ground. */
function Faces({ people, inView, unread, loud, onGo }) {
  return html`<nav class="faces" aria-label="People">
    ${people.map((person) => {
      const waiting = unread(person.id);
      const words = `Go to ${person.name}'s phone${waiting ? `, ${waiting} unread` : ""}`;
      const seen = inView.includes(person.id);
      return html`<button type="button" class="face ${seen ? "in-view" : ""}" title=${words} aria-label=${words} aria-current=${seen ? "true" : null} onClick=${() => onGo(person.id)}>
        <${Avatar} person=${person} /><span class="name">${person.name}</span><${Count} unread=${waiting} loud=${loud(person.id)} />
      </button>`;
    })}
  </nav>`;
}

export function Bar({ town, people, away, inView, unread, loud, dock, online, narrow, greets, news, watch, run, onFresh, onGo, onDock, onShow, onAdd }) {
  return html`<header class="bar">
    <img src="./icon.svg" alt="" />
    <h1 title="@${town.bot.username}">${town.title || town.bot.name}</h1>
    ${!narrow && html`<${Faces} people=${people} inView=${inView} unread=${unread} loud=${loud} onGo=${onGo} />`}
    ${away.map(
      (person) => html`<button type="button" class="face away" title="Show ${person.name}" aria-label="Show ${person.name}" onClick=${() => onShow(person.id)}>
        <${Avatar} person=${person} /><${Count} unread=${unread(person.id)} loud=${loud(person.id)} />
      </button>`,
    )}
    <button type="button" class="add" aria-label="Add a person" title="Add a person" onClick=${onAdd}><${Icon} name="plus" /></button>
    <span class="gap"></span>
    ${!online && html`<span class="offline" role="alert">The sandbox does not answer; trying again…</span>`}
    ${!greets && html`<${PlayButton} play=${news.play} onTell=${(order) => run(() => watch.tellPlay(order))} />`}
    <${Clock} news=${news} townTime=${() => watch.townTime()} zone=${town.zone} narrow=${narrow} onWind=${(seconds) => run(() => watch.wind(seconds))} />
    <${Faults} news=${news} people=${people} hasBot=${Boolean(news.clock)} onOrder=${(...order) => run(() => watch.order(...order))} onBot=${(what) => run(() => watch.tellBot(what))} onFresh=${onFresh} />
    ${!narrow && dock === "hidden" && html`<button type="button" class="tool" title="Show the map and the time line" onClick=${() => onDock("right")}><${Icon} name="map" /><span class="word">Map</span></button>`}
  </header>`;
}

/** One phone at a time: the people scroll, the map's and the time line's tabs stay at the end. Arrow keys walk along. */
export class Tabs extends Component {
  componentDidMount() {
    this.reveal();
  }

  componentDidUpdate(before) {
    if (before.tab !== this.props.tab) this.reveal();
  }

  reveal() {
    const person = this.list.querySelector('[aria-selected="true"]:not(.pinned)');
    person?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }

  walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tabs = [...this.list.querySelectorAll('[role="tab"]')];
    const next = tabs.at((tabs.indexOf(event.target.closest('[role="tab"]')) + step) % tabs.length);
    next.focus();
    next.click();
  }

  tab(id, className, inside) {
    const chosen = this.props.tab === id;
    return html`<button type="button" role="tab" class=${className} aria-selected=${String(chosen)} tabindex=${chosen ? 0 : -1} onClick=${() => this.props.onTab(id)}>${inside}</button>`;
  }

  render({ people, unread, loud, hasLine }) {
    const sign = (name, word) => html`<span class="avatar"><${Icon} name=${name} /></span><span class="name">${word}</span>`;
    return html`<nav aria-label="Phones"><div class="tabs" role="tablist" aria-label="Phones" ref=${(element) => (this.list = element)} onKeyDown=${(event) => this.walk(event)}>
      ${people.map((person) => this.tab(person.id, "", html`<${Avatar} person=${person} /><span class="name">${person.name}</span><${Count} unread=${unread(person.id)} loud=${loud(person.id)} />`))}
      ${this.tab("map", "pinned tab-map", sign("map", "Map"))} ${hasLine && this.tab("line", "pinned", sign("list", "Events"))}
    </div></nav>`;
  }
}
