/** The first two minutes: on an empty phone, what its person can do; above empty phones, where to begin. */
import { html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { phrase } from "./phrases.js";

const STEPS = { operator: 1, merchant: 2, driver: 3, customer: 4 };

/** Stands in an empty chat, and goes away with the first message. */
export function Hello({ person, bot, first }) {
  const step = first && STEPS[person.role];
  const [title, words] = step ? phrase(person.language, `hello.${person.role}`).split("|") : [bot.name, phrase(person.language, "empty")];
  return html`<div class="hello">
    <div class="hello-sign">${step ? html`<b aria-hidden="true">${step}</b>` : html`<img src="./icon.svg" alt="" />`}</div>
    <strong>${title}</strong>
    <p>${words}</p>
  </div>`;
}

/** Stands above phones that nobody has used yet. */
export function Greeting({ people, play, onPlay, onGo }) {
  const operator = people.find((person) => person.role === "operator") ?? people[0];
  return html`<section class="greeting" aria-label="Welcome">
    <p><strong>A whole delivery business, on one page.</strong> <span>Every phone is yours: each talks to the same bot.</span></p>
    ${play && html`<button type="button" class="tool primary" onClick=${onPlay}><${Icon} name="play" /> Play a delivery</button>`}
    ${operator && html`<button type="button" class="tool" onClick=${() => onGo(operator.id)}>Play yourself: begin with ${operator.name}</button>`}
  </section>`;
}
