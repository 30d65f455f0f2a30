/** The trips that drivers of this page have before them: drive the next stop or all the way, at any speed. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { drive, stopDriving } from "./api.js";
import { Avatar, Icon } from "./icons.js";
import { remember, remembered } from "./memory.js";
import { left } from "./times.js";

const SPEEDS = [1, 5, 10, 30, 60];
const FIRST_SPEED = 10;
const NEAR_DEGREES = 0.0004;

const near = (person, [lat, lon]) => Math.abs(person.position.lat - lat) < NEAR_DEGREES && Math.abs(person.position.lon - lon) < NEAR_DEGREES;

/** The stops that a driver can make now, as {at, word}: no door before its pickup; those where he stands already are left out. */
export function stopsOf(person, deliveries) {
  const mine = deliveries.filter((delivery) => delivery.driver === person.id);
  const of = (status, key, word) => mine.filter((one) => one.status === status).map((one) => ({ at: one[key], word }));
  const pickups = of("assigned", "pickup", "to the pickup");
  const doors = [...of("picked_up", "dropoff", "to the door"), ...of("returning", "pickup", "back to the shop")];
  return [...pickups, ...doors].filter((stop) => !near(person, stop.at));
}

/** Drivers with a phone here who could drive now or drive. */
export function trips(people, news) {
  return people
    .filter((person) => !person.simulated && person.position && "drives" in person)
    .map((person) => ({ person, way: news.drives.find((one) => one.id === person.id), stops: stopsOf(person, news.deliveries) }))
    .filter(({ way, stops }) => way || stops.length);
}

export class Trips extends Component {
  state = { speed: String(remembered("speed", FIRST_SPEED)) };

  go(person, stops) {
    const { ask, run } = this.props;
    const at = [person.position.lat, person.position.lon];
    if (!person.position.live) ask({ kind: "location", person, live: true, at });
    else run(() => drive(person.id, stops.map((stop) => stop.at), Number(this.state.speed)));
  }

  speed(trips) {
    const change = (event) => {
      const speed = event.target.value;
      remember("speed", Number(speed));
      this.setState({ speed });
      for (const { person, way } of trips) if (way) this.props.run(() => drive(person.id, way.to, Number(speed)));
    };
    return html`<label class="speed" title="How fast they drive">at <select value=${this.state.speed} onChange=${change}>${SPEEDS.map((speed) => html`<option value=${String(speed)}>${speed}×</option>`)}</select></label>`;
  }

  trip = ({ person, way, stops }) => {
    const name = html`<${Avatar} person=${person} /><b>${person.name}</b>`;
    if (way)
      return html`<li>${name}<span class="far">${(way.left_m / 1000).toFixed(1)} km, ${left(way.left_s)}</span>
        <button type="button" class="chip" aria-label="Stop ${person.name}" onClick=${() => this.props.run(() => stopDriving(person.id))}><${Icon} name="stop" /> Stop</button></li>`;
    return html`<li>${name}
      <button type="button" class="chip" aria-label="Drive ${person.name} ${stops[0].word}" onClick=${() => this.go(person, stops.slice(0, 1))}><${Icon} name="play" /> ${stops[0].word}</button>
      ${stops.length > 1 && html`<button type="button" class="chip" aria-label="Drive ${person.name} to all ${stops.length} stops" title="To all stops, one after the other" onClick=${() => this.go(person, stops)}><${Icon} name="play" /> all ${stops.length} stops</button>`}</li>`;
  };

  render({ people, news }) {
    const open = trips(people, news);
    if (!open.length) return null;
    return html`<div class="trips" role="group" aria-label="Trips"><ul>${open.map(this.trip)}</ul>${this.speed(open)}</div>`;
  }
}

/** What this driver's own phone offers: to drive to the next stop, or to stop. Null where there is nothing to drive. */
export function tripOf(person, news, run) {
  const [trip] = trips([person], news);
  if (!trip || !person.position.live) return null;
  if (trip.way) return { sign: "🛑", id: "stopDriving", run: () => run(() => stopDriving(person.id)) };
  const speed = remembered("speed", FIRST_SPEED);
  return { sign: "🚗", id: "driveTo", values: { where: trip.stops[0].word, speed }, run: () => run(() => drive(person.id, [trip.stops[0].at], speed)) };
}
