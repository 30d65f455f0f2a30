/** The head of the page: the town, a face for each phone, and where the map stands; when narrow, the tabs. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Avatar, Count, Icon } from "./icons.js";

const DOCKS = { below: "below", right: "at the side", hidden: "hidden" };

/** A face leads to its phone; those whose phones are in view stand on one ground. */
function Faces({ people, inView, unread, onGo }) {
  return html`<nav class="faces" aria-label="People">
    ${people.map((person) => {
      const waiting = unread(person.id);
      const words = `Go to ${person.name}'s phone${waiting ? `, ${waiting} unread` : ""}`;
      const seen = inView.includes(person.id);
      return html`<button type="button" class="face ${seen ? "in-view" : ""}" title=${words} aria-label=${words} aria-current=${seen ? "true" : null} onClick=${() => onGo(person.id)}>
        <${Avatar} person=${person} /><span class="name">${person.name}</span><${Count} unread=${waiting} />
      </button>`;
    })}
  </nav>`;
}

function Docks({ dock, onDock }) {
  return html`<label class="dock">Map
    <select aria-label="Map" value=${dock} onChange=${(event) => onDock(event.target.value)}>
      ${Object.entries(DOCKS).map(([value, word]) => html`<option value=${value}>${word}</option>`)}
    </select>
  </label>`;
}

export function Bar({ town, people, away, inView, unread, dock, online, narrow, onGo, onDock, onShow, onAdd }) {
  return html`<header class="bar">
    <img src="./icon.svg" alt="" />
    <h1 title="@${town.bot.username}">${town.title || town.bot.name}</h1>
    ${!narrow && html`<${Faces} people=${people} inView=${inView} unread=${unread} onGo=${onGo} />`}
    <span class="gap"></span>
    ${!online && html`<span class="offline" role="alert">The sandbox does not answer; trying again…</span>`}
    ${away.map(
      (person) => html`<button type="button" class="face away" title="Show ${person.name}" aria-label="Show ${person.name}" onClick=${() => onShow(person.id)}>
        <${Avatar} person=${person} /><${Count} unread=${unread(person.id)} />
      </button>`,
    )}
    ${!narrow && html`<${Docks} dock=${dock} onDock=${onDock} />`}
    <button type="button" class="add" aria-label="Add a person" onClick=${onAdd}><${Icon} name="plus" /> <span>person</span></button>
  </header>`;
}

/** One phone at a time: the people scroll, the map's tab stays at the end. Arrow keys walk along. */
export class Tabs extends Component {
  componentDidMount() {
    this.reveal();
  }

  componentDidUpdate(before) {
    if (before.tab !== this.props.tab) this.reveal();
  }

  reveal() {
    const person = this.list.querySelector('[aria-selected="true"]:not(.tab-map)');
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

  render({ people, unread }) {
    return html`<nav aria-label="Phones"><div class="tabs" role="tablist" aria-label="Phones" ref=${(element) => (this.list = element)} onKeyDown=${(event) => this.walk(event)}>
      ${people.map((person) => this.tab(person.id, "", html`<${Avatar} person=${person} /><span class="name">${person.name}</span><${Count} unread=${unread(person.id)} />`))}
      ${this.tab("map", "tab-map", html`<span class="avatar"><${Icon} name="map" /></span><span class="name">Map</span>`)}
    </div></nav>`;
  }
}
