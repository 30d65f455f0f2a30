/** The first two minutes: on an empty phone, what its person can do; above empty phones, where to begin. */
import { html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";

const FIRST = {
  operator: ["1", "You run this town.", "Press Start. Shops and drivers who want to join will ask you here."],
  merchant: ["2", "You have a shop.", "Press Start and choose “I have a shop”. When you are approved, /deliver books a delivery."],
  driver: ["3", "You drive.", "Press Start and choose “I drive”. When you are approved, share a live location: offers come by themselves."],
  customer: ["4", "You wait for a parcel.", "The shop gets a link and a QR code for you. Open it on this phone, and follow the parcel."],
};

/** Stands in an empty chat, and goes away with the first message. */
export function Hello({ person, bot, first }) {
  const [step, title, words] = (first && FIRST[person.role]) || [null, bot.name, "No messages here yet. Press Start to meet the bot."];
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
