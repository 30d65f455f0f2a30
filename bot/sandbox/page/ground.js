/** The ground that every map of the page stands on: the town's places on a plain field, streets only when asked for. */
const L = window.L;

const TILES = "https://tile.openstreetmap.org/{z}/{x}/{y}.png";
const LETTER_PX = 6.1;

/** Text as HTML that shows it. */
export function escape(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}

/** Text as it may stand between double quotes in HTML. */
export function quoted(text) {
  return escape(text).replaceAll('"', "&quot;");
}

/** A round or plain sign on a map. `body` is text, not HTML. */
export function sign(className, body, size) {
  return L.divIcon({ className, html: `<span>${escape(body)}</span>`, iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
}

/** A street is a place that has a `line` of [lat, lon] points. */
function pave(map, street) {
  const style = { interactive: false, pane: "streets", smoothFactor: 0.5 };
  L.polyline(street.line, { ...style, className: "street-edge" }).addTo(map);
  L.polyline(street.line, { ...style, className: "street" }).addTo(map);
}

function middle(place) {
  const half = place.line?.[Math.floor(place.line.length / 2)];
  return half ?? [place.lat, place.lon];
}

function label(map, place) {
  const icon = L.divIcon({
    className: `town-place kind-${escape(place.kind ?? "place").replace(/\W/g, "")}`,
    html: `<i></i><b>${escape(place.name)}</b>`,
    iconSize: [8, 8],
  });
  return L.marker(middle(place), { icon, interactive: false, keyboard: false, pane: "town" }).addTo(map);
}

/** A faint net of lines that moves with the map, so that an empty ground still shows where it goes. */
const Net = L.GridLayer.extend({
  createTile() {
    const tile = document.createElement("div");
    tile.className = "net";
    return tile;
  },
});

/** Each name stands right of its dot, else left of it; where it would lie on another name, or on what is covered, it is left out. Gives the names' boxes. */
function thin(map, labels, covered) {
  const width = map.getSize().x;
  const dots = labels.map(({ marker }) => map.latLngToContainerPoint(marker.getLatLng()));
  const taken = dots.map(({ x, y }, index) => (labels[index].place.line ? [x, y, x, y] : [x - 4, y - 4, x + 4, y + 4]));
  labels.forEach(({ place, marker }, index) => {
    const { x, y } = dots[index];
    const room = 8 + place.name.length * LETTER_PX;
    const seen = x > 0 && x < width;
    const fits = (box) =>
      (!seen || (box[0] > 0 && box[2] < width)) &&
      ![...taken.filter((_, other) => other !== index), ...covered].some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]);
    const right = [x + 4, y - 7, x + room, y + 7];
    const left = [x - room, y - 7, x - 4, y + 7];
    const box = [right, left].find(fits);
    if (box) taken.push(box);
    marker.getElement()?.classList.toggle("unnamed", !box);
    marker.getElement()?.classList.toggle("to-left", box === left);
  });
  return taken.slice(labels.length);
}

/** Where most of the values lie; with many of them the outermost tenth at each end does not count. */
function span(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 10);
  return [sorted[cut], sorted[sorted.length - 1 - cut]];
}

/** Show the whole town: its malls and where most of its places lie. */
export function fitTown(map, town) {
  const spots = town.places.filter((place) => !place.line);
  if (spots.length < 2) return;
  const malls = spots.filter((place) => place.kind === "mall");
  const [south, north] = span(spots.map((place) => place.lat));
  const [west, east] = span(spots.map((place) => place.lon));
  const bounds = L.latLngBounds([[south, west], [north, east]]);
  for (const mall of malls) bounds.extend([mall.lat, mall.lon]);
  map.fitBounds(bounds, { animate: false });
}

/** Build a map of the town in an element: centred, with its places. */
export function makeMap(element, town, options = {}) {
  const map = L.map(element, { zoomControl: false, attributionControl: false, zoomSnap: 0.5, minZoom: 9, maxZoom: 19, ...options });
  L.control.zoom({ position: "bottomright", zoomInTitle: "Nearer", zoomOutTitle: "Wider" }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: true }).addTo(map);
  new Net({ tileSize: 64, pane: "tilePane" }).addTo(map);
  map.createPane("streets").style.zIndex = 340;
  map.createPane("town").style.zIndex = 350;
  map.setView(town.center, 13);
  for (const street of town.places) if (street.line) pave(map, street);
  const rank = (place) => (place.kind === "mall" ? 0 : place.line ? 2 : 1);
  const ranked = [...town.places].sort((a, b) => rank(a) - rank(b));
  const labels = ranked.map((place) => ({ place, marker: label(map, place) }));
  map.thin = (taken = []) => thin(map, labels, taken);
  map.on("zoomend moveend resize", () => map.thin());
  map.thin();
  fitTown(map, town);
  return map;
}

/** Street tiles, for a browser with internet: shown or taken away. */
export function streets(map, wanted) {
  if (!map.tiles) map.tiles = L.tileLayer(TILES, { maxZoom: 19, attribution: "© OpenStreetMap contributors" });
  if (wanted && !map.hasLayer(map.tiles)) map.tiles.addTo(map);
  if (!wanted && map.hasLayer(map.tiles)) map.tiles.remove();
}
