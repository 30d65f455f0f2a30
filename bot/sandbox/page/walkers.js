/** The people on the big map: signs that are dragged or walked by arrow keys, and how they make room for one another. */
import { act } from "./api.js";
import { makeRoom, placeNames } from "./crowd.js";
import { escape, quoted } from "./ground.js";
import { ROLE_SIGNS, initials } from "./icons.js";

const L = window.L;
const RADIUS = 18;
const PARCEL_RADIUS = 10;
const NAMED_FROM_ZOOM = 10.5;
const MOVE_EVERY_MS = 800;
const SETTLED_MS = 1500;
const NEAR_DEGREES = 1e-5;
const STEP_METRES = 60;
const METRES_PER_DEGREE = 111320;
const ARROWS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function face(person) {
  const role = escape(person.role ?? "").replace(/\W/g, "");
  const body = `<span class="avatar role-${role}" data-initials="${quoted(initials(person.name))}"></span><i>${ROLE_SIGNS[person.role] ?? "🙂"}</i><b>${escape(person.name)}</b>`;
  const className = `walker role-${role} ${person.position.live ? "is-live" : "is-still"}`;
  return L.divIcon({ className, html: body, iconSize: [2 * RADIUS, 2 * RADIUS], iconAnchor: [RADIUS, RADIUS] });
}

export class Walker {
  /** One person's marker. Dragging or arrow keys move a live location; a plain pin asks what to do instead. */
  constructor(map, person, props) {
    this.person = person;
    this.props = props;
    this.sent = 0;
    this.aside = [0, 0];
    this.marker = L.marker([person.position.lat, person.position.lon], { draggable: true, autoPan: true, riseOnHover: true, title: person.name });
    this.marker.on("dragstart", () => this.lift());
    this.marker.on("drag", () => this.move(false));
    this.marker.on("dragend", () => this.dropped());
    this.marker.on("keydown", (event) => this.step(event.originalEvent));
    this.show(person);
    this.marker.addTo(map);
    this.dress();
  }

  show(person) {
    const drawn = JSON.stringify([person.name, person.role, person.position.live]);
    this.person = person;
    if (!this.held && !this.isOld(person.position)) this.marker.setLatLng([person.position.lat, person.position.lon]);
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    this.marker.setIcon(face(person));
    this.dress();
  }

  /** Whether this was read before the hand's last move was known: one does not jump back to it. */
  isOld({ lat, lon }) {
    if (!this.put || Date.now() > this.put.until) return false;
    return Math.abs(lat - this.put.lat) > NEAR_DEGREES || Math.abs(lon - this.put.lng) > NEAR_DEGREES;
  }

  dress() {
    const how = this.person.position.live ? "live; drag or use the arrow keys to move" : "a pin; drag to send another";
    this.marker.getElement()?.setAttribute("aria-label", `${this.person.name}, ${how}`);
    this.marker.getElement()?.setAttribute("title", this.person.name);
  }

  /** Stand aside by so many pixels; a thin leg leads back to the true place. */
  standAside([right, down]) {
    this.aside = [right, down];
    const { style, classList } = this.marker.getElement();
    const leg = Math.hypot(right, down);
    style.marginLeft = `${right - RADIUS}px`;
    style.marginTop = `${down - RADIUS}px`;
    style.setProperty("--leg", `${leg}px`);
    style.setProperty("--turn", `${Math.atan2(-down, -right)}rad`);
    classList.toggle("aside", leg > RADIUS / 3);
  }

  /** Write the name [right, down] of the sign's middle; without a spot it shows only on hover and focus. */
  nameAt(spot) {
    const { style, classList } = this.marker.getElement();
    const [right, down] = spot ?? [0, RADIUS + 13];
    style.setProperty("--right", `${right}px`);
    style.setProperty("--down", `${down}px`);
    classList.toggle("nameless", !spot);
  }

  get nameWidth() {
    return this.marker.getElement().querySelector("b").offsetWidth;
  }

  /** Taken by the hand, one is where the hand is: what was aside becomes the place. */
  lift() {
    this.held = true;
    const { _draggable: drag } = this.marker.dragging;
    drag._startPos = drag._startPos.add(this.aside);
    this.standAside([0, 0]);
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
    if (this.person.position.live) {
      this.props.onDrop();
      return this.move(true);
    }
    const { lat, lng } = this.marker.getLatLng();
    this.marker.setLatLng([this.person.position.lat, this.person.position.lon]);
    this.props.onDrop();
    return this.props.ask({ kind: "location", person: this.person, at: [lat, lng] });
  }

  /** While dragging, at most one move per MOVE_EVERY_MS; the last one always goes out. */
  async move(last) {
    if (!this.person.position.live) return;
    const now = Date.now();
    if (!last && now - this.sent < MOVE_EVERY_MS) return;
    this.sent = now;
    const { lat, lng } = this.marker.getLatLng();
    this.put = { lat, lng, until: now + SETTLED_MS };
    try {
      await act(this.person.id, "move", { lat, lon: lng, message_id: this.person.position.message_id });
    } catch (error) {
      this.props.tell(error.message);
      this.props.ask({ kind: "location", person: this.person, live: true, at: [lat, lng] }); // it has ended: share it anew
    }
  }
}

const boxAround = ({ x, y }, radius) => [x - radius, y - radius, x + radius, y + radius];

/** The tag of a parcel under somebody's feet stands beside that person. */
function parcelSign(map, parcel, people) {
  const { x, y } = map.latLngToContainerPoint(parcel.marker.getLatLng());
  const over = people.find((sign) => Math.hypot(sign.x - x, sign.y - y) < RADIUS + PARCEL_RADIUS);
  parcel.under(Boolean(over));
  return { x: over?.x ?? x, y: over?.y ?? y, radius: over ? RADIUS : PARCEL_RADIUS, wide: parcel.tagWidth, from: { x, y } };
}

/** Let everybody stand where he can be seen, tags and names where nothing is, and places be named where there is room left. */
export function settle(map, walkers, parcels = []) {
  const loose = walkers.filter((walker) => !walker.held).sort((a, b) => a.person.id - b.person.id);
  const points = loose.map((walker) => map.latLngToContainerPoint(walker.marker.getLatLng()));
  const moves = makeRoom(points);
  const people = loose.map((walker, index) => {
    walker.standAside(moves[index]);
    return { x: points[index].x + moves[index][0], y: points[index].y + moves[index][1], radius: RADIUS, wide: walker.nameWidth };
  });
  const tags = parcels.map((parcel) => ({ parcel, sign: parcelSign(map, parcel, people) })).filter(({ parcel }) => parcel.isTagged);
  const tagged = tags.map(({ sign }) => sign);
  const bodies = [...people.map((sign) => boxAround(sign, RADIUS)), ...tagged.map((sign) => boxAround(sign.from, PARCEL_RADIUS))];
  const signs = [...tagged, ...people];
  const far = map.getZoom() < NAMED_FROM_ZOOM;
  const spots = far ? signs.map(() => null) : placeNames(signs, map.thin(bodies), map.getSize());
  const names = signs.flatMap(({ x, y, wide }, index) => (spots[index] ? [[x + spots[index][0] - wide / 2, y + spots[index][1] - 10, x + spots[index][0] + wide / 2, y + spots[index][1] + 10]] : []));
  tagged.forEach(({ x, y, from }, index) => tags[index].parcel.tagAt(spots[index] && [spots[index][0] + x - from.x, spots[index][1] + y - from.y]));
  loose.forEach((walker, index) => walker.nameAt(spots[tagged.length + index]));
  map.thin([...bodies, ...names]);
}
