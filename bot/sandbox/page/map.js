/** The big map: the town, the people on it, and driving by hand. Also the small map on which a point is chosen. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { act } from "./api.js";
import { makeMap, sign, streets } from "./ground.js";
import { ROLE_SIGNS } from "./icons.js";

const L = window.L;
const MOVE_EVERY_MS = 800;
const STEP_METRES = 60;
const METRES_PER_DEGREE = 111320;
const ARROWS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** A driver stands on the map wherever he was last; others only while they share a live location. */
const standing = (people) => people.filter((person) => person.position && (person.role === "driver" || person.position.live));

class Walker {
  /** One person's marker. Dragging or arrow keys move a live location; a plain pin asks what to do instead. */
  constructor(map, person, props) {
    this.person = person;
    this.props = props;
    this.sent = 0;
    this.marker = L.marker([person.position.lat, person.position.lon], { draggable: true, autoPan: true, riseOnHover: true, title: person.name });
    this.marker.on("dragstart", () => (this.held = true));
    this.marker.on("drag", () => this.move(false));
    this.marker.on("dragend", () => this.dropped());
    this.marker.on("keydown", (event) => this.step(event.originalEvent));
    this.show(person);
    this.marker.addTo(map);
    this.dress();
  }

  show(person) {
    const changed = !this.drawn || this.drawn !== JSON.stringify([person.name, person.role, person.position.live]);
    this.person = person;
    if (!this.held) this.marker.setLatLng([person.position.lat, person.position.lon]);
    if (!changed) return;
    this.drawn = JSON.stringify([person.name, person.role, person.position.live]);
    const look = `walker role-${person.role} ${person.position.live ? "is-live" : "is-still"}`;
    this.marker.setIcon(sign(look, ROLE_SIGNS[person.role] ?? "🙂", 36));
    this.marker.unbindTooltip().bindTooltip(document.createTextNode(person.name), { permanent: true, direction: "bottom", offset: [0, 14], className: "walker-name" });
    this.dress();
  }

  dress() {
    const how = this.person.position.live ? "live; drag or use the arrow keys to move" : "a pin; drag to send another";
    this.marker.getElement()?.setAttribute("aria-label", `${this.person.name}, ${how}`);
  }

  step(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || !this.person.position.live) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.marker.getLatLng();
    const degree = STEP_METRES / METRES_PER_DEGREE;
    this.marker.setLatLng([at.lat + arrow[0] * degree, at.lng + (arrow[1] * degree) / Math.cos((at.lat * Math.PI) / 180)]);
    this.move(true);
  }

  dropped() {
    this.held = false;
    if (this.person.position.live) return this.move(true);
    const { lat, lng } = this.marker.getLatLng();
    this.marker.setLatLng([this.person.position.lat, this.person.position.lon]);
    return this.props.ask({ kind: "location", person: this.person, at: [lat, lng] });
  }

  /** While dragging, at most one move per MOVE_EVERY_MS; the last one always goes out. */
  async move(last) {
    if (!this.person.position.live) return;
    const now = Date.now();
    if (!last && now - this.sent < MOVE_EVERY_MS) return;
    this.sent = now;
    const { lat, lng } = this.marker.getLatLng();
    try {
      await act(this.person.id, "move", { lat, lon: lng, message_id: this.person.position.message_id });
    } catch (error) {
      this.props.tell(error.message);
      this.props.ask({ kind: "location", person: this.person, live: true, at: [lat, lng] }); // it has ended: share it anew
    }
  }
}

/** The map of the town with everybody on it. */
export class TownMap extends Component {
  walkers = new Map();

  componentDidMount() {
    this.map = makeMap(this.ground, this.props.town);
    this.map.on("click", ({ latlng }) => this.props.ask({ kind: "location", at: [latlng.lat, latlng.lng] }));
    this.watch = new ResizeObserver(() => this.map.invalidateSize({ animate: false }));
    this.watch.observe(this.ground);
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
      else this.walkers.set(person.id, new Walker(this.map, person, this.props));
    }
    for (const [id, walker] of this.walkers) {
      if (here.some((person) => person.id === id)) continue;
      walker.marker.remove();
      this.walkers.delete(id);
    }
  }

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
