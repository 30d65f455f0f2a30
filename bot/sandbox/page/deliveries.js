/** Deliveries on the big map: a line from the pickup to the dropoff in the colour of their state, a number that opens details. */
import { escape } from "./ground.js";
import { hour } from "./times.js";

const L = window.L;
const MANY = 9;

export const STATES = {
  requested: "Looking for a driver",
  assigned: "On the way to the pickup",
  picked_up: "On the way to the customer",
  returning: "Going back to the shop",
  delivered: "Delivered",
  returned: "Back in the shop",
  expired: "Nobody accepted",
  cancelled: "Cancelled",
  lost: "Lost",
};
export const OPEN = ["requested", "assigned", "picked_up", "returning"];

export function stateWords(delivery) {
  if (delivery.status === "assigned" && delivery.at_pickup) return "At the pickup";
  if (delivery.status === "picked_up" && delivery.at_dropoff) return "At the door";
  return STATES[delivery.status] ?? delivery.status;
}

/** The lines to draw, as [points, what kind]: what is driven now is drawn fully, what comes later dashed. */
function ways(delivery, driver) {
  const { pickup, dropoff, status } = delivery;
  const from = driver && [driver.lat, driver.lon];
  if (status === "requested") return [[[pickup, dropoff], "later"]];
  if (status === "assigned") return [...(from ? [[[from, pickup], "now"]] : []), [[pickup, dropoff], "later"]];
  if (status === "picked_up") return [[[from ?? pickup, dropoff], "now"]];
  if (status === "returning") return [[[from ?? dropoff, pickup], "now"]];
  return [];
}

function line(text, className) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

function details(delivery, driver, zone) {
  const box = document.createElement("div");
  box.className = `delivery-words state-${delivery.status}`;
  const when = delivery.ended_at ? `ended ${hour(delivery.ended_at, zone)}` : delivery.eta_at ? `expected ${hour(delivery.eta_at, zone)}` : "";
  box.append(
    line(delivery.number, "delivery-number"),
    line(stateWords(delivery), "delivery-state"),
    line(`${delivery.merchant} → ${delivery.customer}`, "delivery-who"),
    line([driver ? `Driver: ${driver}` : "No driver yet", `booked ${hour(delivery.booked_at, zone)}`, when].filter(Boolean).join(" · "), "delivery-more"),
  );
  return box;
}

/** One delivery's signs on one map. */
class Drawn {
  constructor(layer, zone) {
    this.group = L.layerGroup().addTo(layer);
    this.zone = zone;
  }

  show(delivery, driver, small) {
    const sign = JSON.stringify([delivery, driver?.position?.lat, driver?.position?.lon, driver?.name, small]);
    if (sign === this.sign) return;
    this.sign = sign;
    this.lines?.forEach((way) => way.remove());
    this.lines = ways(delivery, driver?.position).map(([points, kind]) =>
      L.polyline(points, { pane: "ways", interactive: false, className: `way ${kind} state-${delivery.status}` }).addTo(this.group),
    );
    this.number(delivery, small);
    this.marker.setPopupContent(details(delivery, driver?.name, this.zone));
  }

  /** Whether somebody stands on it: then its tag beside him is enough. */
  under(covered) {
    this.marker.getElement()?.classList.toggle("covered", covered);
  }

  /** Write the number [right, down] of the parcel's middle; without a spot it shows only on hover and focus. */
  tagAt(spot) {
    const { style, classList } = this.marker.getElement();
    const [right, down] = spot ?? [0, 28];
    style.setProperty("--right", `${right}px`);
    style.setProperty("--down", `${down}px`);
    classList.toggle("untagged", !spot);
  }

  get tagWidth() {
    return this.marker.getElement().querySelector("b").offsetWidth;
  }

  number(delivery, small) {
    const words = `Delivery ${delivery.number}: ${stateWords(delivery)}`;
    const ended = OPEN.includes(delivery.status) ? "" : "ended";
    this.isTagged = !small && !ended;
    const className = `parcel state-${delivery.status} ${small ? "small" : ""} ${ended}`;
    const at = delivery.status === "returned" ? delivery.pickup : delivery.dropoff;
    const icon = L.divIcon({ className, html: `<span><i></i><b>${escape(delivery.number)}</b></span>`, iconSize: [16, 16] });
    if (!this.marker) this.marker = L.marker(at, { icon, riseOnHover: true }).bindPopup("", { closeButton: false, offset: [0, -6], minWidth: 200 }).addTo(this.group);
    this.marker.off("keydown").on("keydown", ({ originalEvent }) => originalEvent.key === "Escape" && this.marker.closePopup());
    this.marker.setLatLng(at);
    if (this.look !== className) this.marker.setIcon(icon);
    this.look = className;
    this.marker.getElement()?.setAttribute("aria-label", words);
    this.marker.getElement()?.setAttribute("title", words);
  }
}

export class Deliveries {
  /** All deliveries on this map; their signs lie beneath the people. */
  constructor(map, zone) {
    if (!map.getPane("ways")) map.createPane("ways").style.zIndex = 380;
    this.layer = L.layerGroup().addTo(map);
    this.zone = zone;
    this.drawn = new Map();
  }

  /** All that are drawn; `isTagged` are those whose number is to be read without pointing at them. */
  all() {
    return [...this.drawn.values()];
  }

  show(deliveries, people) {
    const small = deliveries.length > MANY;
    for (const delivery of deliveries) {
      if (!this.drawn.has(delivery.id)) this.drawn.set(delivery.id, new Drawn(this.layer, this.zone));
      this.drawn.get(delivery.id).show(delivery, people.find((person) => person.id === delivery.driver), small);
    }
    for (const [id, one] of this.drawn) {
      if (deliveries.some((delivery) => delivery.id === id)) continue;
      one.group.remove();
      this.drawn.delete(id);
    }
  }
}
