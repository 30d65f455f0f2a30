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
  return html`<span class="avatar role-${person.role}" aria-hidden="true">${initials(person.name)}</span>`;
}

/** How many messages wait unread, if any do. */
export function Count({ unread, ...more }) {
  if (!unread) return null;
  return html`<span class="unread" aria-label="${unread} unread" role="img" ...${more}>${unread > 99 ? "99+" : unread}</span>`;
}
