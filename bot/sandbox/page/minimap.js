/** A small still map in a bubble: a plain ground, the town's places near the point, and the pin. */
import { html } from "./vendor/preact/standalone.module.js";

const WIDTH = 248;
const HEIGHT = 128;
const METRES_ACROSS = 1500;
const METRES_PER_DEGREE = 111320;

function project(lat, lon, centre) {
  const scale = WIDTH / METRES_ACROSS;
  const east = (lon - centre[1]) * METRES_PER_DEGREE * Math.cos((centre[0] * Math.PI) / 180);
  const north = (lat - centre[0]) * METRES_PER_DEGREE;
  return [WIDTH / 2 + east * scale, HEIGHT / 2 - north * scale];
}

function nearby(places, centre) {
  const taken = [[WIDTH / 2 - 14, HEIGHT / 2 - 30, WIDTH / 2 + 14, HEIGHT / 2 + 4]];
  const shown = [];
  for (const place of places) {
    if (place.line) continue;
    const [x, y] = project(place.lat, place.lon, centre);
    if (x < 6 || y < 10 || x > WIDTH - 6 || y > HEIGHT - 6) continue;
    const room = x + 8 + place.name.length * 5.1;
    const box = [x - 4, y - 7, room, y + 7];
    const free = room < WIDTH && !taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]);
    if (free) taken.push(box);
    shown.push({ place, x, y, named: free });
  }
  return shown;
}

/** Drawn about 1.5 km across; the words for it are the caller's, so the picture itself is hidden from screen readers. */
export function MiniMap({ lat, lon, places, live }) {
  const centre = [lat, lon];
  const lines = [];
  for (let x = WIDTH / 2 - 124; x <= WIDTH; x += 31) lines.push(html`<path d="M${x} 0V${HEIGHT}" />`);
  for (let y = HEIGHT / 2 - 62; y <= HEIGHT; y += 31) lines.push(html`<path d="M0 ${y}H${WIDTH}" />`);
  return html`<svg class="minimap" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
    <rect class="ground" width=${WIDTH} height=${HEIGHT} />
    <g class="grid">${lines}</g>
    <g class="streets">${places.filter((place) => place.line).map((street) => html`<polyline points=${street.line.map(([a, b]) => project(a, b, centre).map(Math.round).join()).join(" ")} />`)}</g>
    ${nearby(places, centre).map(
      ({ place, x, y, named }) => html`<g class="place">
        <circle cx=${x} cy=${y} r="3" />
        ${named && html`<text x=${x + 6} y=${y + 3}>${place.name}</text>`}
      </g>`,
    )}
    ${live && html`<circle class="halo" cx=${WIDTH / 2} cy=${HEIGHT / 2} r="20" />`}
    ${live
      ? html`<circle class="here" cx=${WIDTH / 2} cy=${HEIGHT / 2} r="8" />`
      : html`<path class="pin" transform="translate(${WIDTH / 2} ${HEIGHT / 2})" d="M0 0C-9-11-11-15-11-19A11 11 0 0 1 11-19C11-15 9-11 0 0Z" />
          <circle class="eye" cx=${WIDTH / 2} cy=${HEIGHT / 2 - 19} r="4" />`}
  </svg>`;
}
