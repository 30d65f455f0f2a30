/** The big map: the town, the people on it, and driving by hand. Also the small map on which a point is chosen. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { makeMap, sign, streets } from "./ground.js";
import { Walker, settle } from "./walkers.js";

const L = window.L;

/** A driver stands on the map wherever he was last; others only while they share a live location. */
const standing = (people) => people.filter((person) => person.position && (person.role === "driver" || person.position.live));

/** The map of the town with everybody on it. */
export class TownMap extends Component {
  walkers = new Map();

  componentDidMount() {
    this.map = makeMap(this.ground, this.props.town);
    this.map.on("click", ({ latlng }) => this.props.ask({ kind: "location", at: [latlng.lat, latlng.lng] }));
    this.watch = new ResizeObserver(() => this.map.invalidateSize({ animate: false }));
    this.watch.observe(this.ground);
    this.map.on("zoomend moveend resize", () => this.settle());
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
    const here = standing(this.props.people);
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

  settle = () => settle(this.map, [...this.walkers.values()]);

  /** Mark the point that somebody asked to see. */
  point() {
    const shown = this.props.shown;
    this.flag?.remove();
    if (!shown) return;
    this.flag = L.marker([shown.lat, shown.lon], { icon: sign("flag", "📍", 32), interactive: false, keyboard: false, zIndexOffset: -100 });
    this.flag.bindTooltip(document.createTextNode(shown.title || "Here"), { permanent: true, direction: "right", offset: [12, -8] }).addTo(this.map);
    this.map.setView([shown.lat, shown.lon], Math.max(this.map.getZoom(), 15), { animate: false });
  }

  render({ people, streets: wanted, shown, onStreets, onClear, ask }) {
    const away = people.filter((person) => person.role === "driver" && !person.position);
    return html`<section class="town" aria-label="Map of the town">
      <div class="ground" ref=${(element) => (this.ground = element)}></div>
      <div class="map-bar">
        <label><input type="checkbox" checked=${wanted} onChange=${(event) => onStreets(event.target.checked)} /> streets (needs internet)</label>
        ${shown && html`<button type="button" class="chip" title="Take the mark off the map" onClick=${onClear}>📍 ${shown.title || "Here"} ×</button>`}
        ${away.map(
          (person) => html`<button type="button" class="chip" title="Send a pin or share a live location" onClick=${() => ask({ kind: "location", person, live: true })}>
            Put ${person.name} on the map
          </button>`,
        )}
      </div>
    </section>`;
  }
}

/** A map on which one point is chosen by a click. */
export class PointPicker extends Component {
  componentDidMount() {
    this.map = makeMap(this.ground, this.props.town);
    this.map.on("click", ({ latlng }) => this.props.onPick([latlng.lat, latlng.lng]));
    streets(this.map, this.props.streets);
    requestAnimationFrame(() => {
      if (!this.base) return;
      this.map.invalidateSize({ animate: false });
      if (this.props.at) this.map.setView(this.props.at, 15, { animate: false });
    });
    this.mark();
  }

  componentWillUnmount() {
    this.map.remove();
  }

  componentDidUpdate(before) {
    if (before.at === this.props.at) return;
    this.mark();
    if (this.props.at && !this.map.getBounds().pad(-0.1).contains(this.props.at)) this.map.setView(this.props.at, 15, { animate: false });
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
