/** The big map: the town, the people on it, and driving by hand. Also the small map on which a point is chosen. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { fitTown, makeMap, sign, streets } from "./ground.js";
import { Bystanders } from "./bystanders.js";
import { Deliveries } from "./deliveries.js";
import { Avatar, Icon } from "./icons.js";
import { isOn } from "./play.js";
import { Trips } from "./trips.js";
import { Walker, settle } from "./walkers.js";

const L = window.L;
const NEAR = 15;

/** A driver stands on the map wherever he was last; others only while they share a live location. */
const standing = (people) => people.filter((person) => !person.simulated && person.position && (person.role === "driver" || person.position.live));

/** The map of the town with everybody on it. */
export class TownMap extends Component {
  walkers = new Map();

  componentDidMount() {
    this.map = makeMap(this.ground, this.props.town);
    this.map.on("click", ({ latlng }) => this.props.ask({ kind: "location", at: [latlng.lat, latlng.lng] }));
    this.watch = new ResizeObserver(() => this.map.invalidateSize({ animate: false }));
    this.watch.observe(this.ground);
    this.deliveries = new Deliveries(this.map, this.props.town.zone);
    this.map.on("zoomend moveend resize", () => this.settle());
    this.bystanders = new Bystanders(this.map);
    streets(this.map, this.props.streets);
    this.walk();
    this.point();
  }

  componentWillUnmount() {
    this.watch.disconnect();
    this.map.remove();
  }

  componentDidUpdate(before) {
    this.walk();
    if (before.shown !== this.props.shown) this.point();
    streets(this.map, this.props.streets);
  }

  walk() {
    const { people, news } = this.props;
    this.deliveries.show(news.deliveries, people);
    this.bystanders.show(people);
    const here = standing(people);
    for (const person of here) {
      const walker = this.walkers.get(person.id);
      if (walker) walker.show(person);
      else this.walkers.set(person.id, new Walker(this.map, person, { ask: this.props.ask, tell: this.props.tell, onDrop: this.settle }));
    }
    for (const [id, walker] of this.walkers) {
      if (here.some((person) => person.id === id)) continue;
      walker.marker.remove();
      this.walkers.delete(id);
    }
    this.settle();
  }

  settle = () => settle(this.map, [...this.walkers.values()], this.deliveries.all());

  /** Mark the point that somebody asked to see. */
  point() {
    const shown = this.props.shown;
    this.flag?.remove();
    if (!shown) return;
    this.flag = L.marker([shown.lat, shown.lon], { icon: sign("flag", "📍", 32), interactive: false, keyboard: false, zIndexOffset: -100 });
    this.flag.bindTooltip(document.createTextNode(shown.title || "Here"), { permanent: true, direction: "right", offset: [12, -8] }).addTo(this.map);
    this.map.setView([shown.lat, shown.lon], Math.max(this.map.getZoom(), 15), { animate: false });
  }

  docks() {
    const { dock, onDock } = this.props;
    if (!dock) return null;
    const [other, words] = dock === "right" ? ["below", "Put the map below the phones"] : ["right", "Put the map beside the phones"];
    return html`<span class="docks">
      <button type="button" class="round" title=${words} aria-label=${words} onClick=${() => onDock(other)}><${Icon} name=${other === "right" ? "side" : "below"} /></button>
      <button type="button" class="round" title="Hide the map and the time line" aria-label="Hide the map and the time line" onClick=${() => onDock("hidden")}><${Icon} name="close" /></button>
    </span>`;
  }

  render({ people, news, streets: wanted, shown, onStreets, onClear, ask, run, first }) {
    const away = first ? [] : people.filter((person) => !person.simulated && person.role === "driver" && person.started && !person.position);
    return html`<section class="town" aria-label="Map of the town">
      <div class="ground" ref=${(element) => (this.ground = element)}></div>
      ${this.docks()}
      <div class="map-bar">
        <label title="Street tiles of OpenStreetMap; needs internet"><input type="checkbox" checked=${wanted} onChange=${(event) => onStreets(event.target.checked)} /> streets</label>
        ${shown && html`<button type="button" class="chip" title="Take the mark off the map" onClick=${onClear}>📍 ${shown.title || "Here"} ×</button>`}
        ${away.length > 0 &&
        html`<span class="put">Place
          ${away.map((person) => html`<button type="button" aria-label="Place ${person.name}" title="Place ${person.name}: send a pin or share a live location" onClick=${() => ask({ kind: "location", person, live: true })}><${Avatar} person=${person} /></button>`)}
        </span>`}
      </div>
      ${!isOn(news.play) && html`<${Trips} people=${people} news=${news} ask=${ask} run=${run} />`}
    </section>`;
  }
}

/** A map on which one point is chosen by a click; to a point that was chosen by its name it goes. */
export class PointPicker extends Component {
  componentDidMount() {
    this.map = makeMap(this.ground, this.props.town);
    this.map.on("click", ({ latlng }) => this.props.onPick([latlng.lat, latlng.lng]));
    streets(this.map, this.props.streets);
    requestAnimationFrame(() => {
      if (!this.base) return;
      this.map.invalidateSize({ animate: false });
      // only now the sheet has its size
      if (this.props.at) this.map.setView(this.props.at, NEAR, { animate: false });
      else fitTown(this.map, this.props.town);
    });
    this.mark();
  }

  componentWillUnmount() {
    this.map.remove();
  }

  componentDidUpdate(before) {
    if (before.at === this.props.at) return;
    this.mark();
    if (!this.props.at) return;
    const away = !this.map.getBounds().pad(-0.1).contains(this.props.at);
    if (this.props.named || away) this.map.setView(this.props.at, Math.max(this.map.getZoom(), NEAR), { animate: false });
  }

  mark() {
    const { at, onPick } = this.props;
    if (!at) return;
    if (this.pin) {
      this.pin.setLatLng(at);
      return;
    }
    this.pin = L.marker(at, { icon: sign("flag", "📍", 32), draggable: true, alt: "The chosen point" }).addTo(this.map);
    this.pin.on("dragend", () => {
      const { lat, lng } = this.pin.getLatLng();
      onPick([lat, lng]);
    });
  }

  render() {
    return html`<div class="picker"><div class="ground" ref=${(element) => (this.ground = element)}></div></div>`;
  }
}
