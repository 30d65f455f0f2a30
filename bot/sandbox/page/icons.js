/** The few signs that the page draws itself. */
import { html } from "./vendor/preact/standalone.module.js";

const PATHS = {
  attach: "M21 11.5 12.5 20a5.5 5.5 0 0 1-7.8-7.8l8.9-8.8a3.7 3.7 0 0 1 5.2 5.2l-8.9 8.8a1.8 1.8 0 0 1-2.6-2.6l8.2-8.1",
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4",
  commands: "M15 5 9 19",
  keys: "M4 6h16v12H4zM8 10h.01M12 10h.01M16 10h.01M8 14h8",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 5v14M5 12h14",
  loud: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15L6 16ZM10 21h4",
  quiet: "M9 5.8A6 6 0 0 1 18 11v4M6.2 9.5 6 16l-1.5 2H17M10 21h4M4 4l16 16",
  link: "M8 16 17 7M9.5 7H17v7.5",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  left: "M14.5 5 8 12l6.5 7",
  right: "M9.5 5 16 12l-6.5 7",
  play: "M8 5.5v13l10.5-6.5Z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  stop: "M7 7h10v10H7Z",
  bolt: "M13 3 5 13.5h6L10 21l8-10.5h-6Z",
  clock: "M12 7v5l3.2 2M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  side: "M4 5h16v14H4ZM14.5 5v14",
  below: "M4 5h16v14H4ZM4 13.5h16",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  fold: "M6 9.5l6 6 6-6",
  scan: "M4 8.5V4h4.5M15.5 4H20v4.5M20 15.5V20h-4.5M8.5 20H4v-4.5M4 12h16",
  map: "M3.5 6.5 9 4l6 2.5L20.5 4v13.5L15 20l-6-2.5L3.5 20ZM9 4v13.5M15 6.5V20",
};

export function Icon({ name }) {
  return html`<svg class="icon icon-${name}" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

export const ROLE_SIGNS = { merchant: "🏪", driver: "🚗", customer: "🏠", operator: "🎧" };

/** Two letters that tell people apart: of both names, or the first two of the only one. */
export function initials(name) {
  const [first = "", second] = name.trim().split(/\s+/).map((word) => [...word]);
  return (second ? `${first[0]}${second[0]}` : [...first].slice(0, 2).join("")).replace(/^./u, (letter) => letter.toUpperCase());
}

/** The round sign of a person, in the colour of the role. */
export function Avatar({ person }) {
  return html`<span class="avatar role-${person.role}" data-initials=${initials(person.name)} aria-hidden="true"></span>`;
}

/** How many messages wait unread, if any do; `loud` when one of them rang. */
export function Count({ unread, loud, ...more }) {
  if (!unread) return null;
  const words = `${unread} unread`;
  return html`<span class="unread ${loud ? "loud" : ""}" aria-label=${words} title=${loud ? `${words}, came with sound` : words} role="img" data-many=${unread > 99 ? "99+" : unread} ...${more}></span>`;
}
