/** "Play a delivery": the button that starts the story, and the bar with its caption while it is acted. */
import { html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";

/** Whether the story is being played, or held. */
export const isOn = (play) => play?.state === "playing" || play?.state === "paused";

const SPEEDS = [0.5, 1, 2, 4, 10];

export function PlayButton({ play, onTell }) {
  if (!play || isOn(play)) return null;
  return html`<button type="button" class="tool play" title="Watch a delivery from the shop to the door" onClick=${() => onTell({ do: "start" })}><${Icon} name="play" /><span class="word">Play a delivery</span></button>`;
}

/** What stands below when the story has come to its end, until it is put away. */
const OVER = ["ended", "failed"];

export function Caption({ play, away, onTell, onAway }) {
  const on = isOn(play);
  if (!on && (!OVER.includes(play?.state) || away)) return null;
  const paused = play.state === "paused";
  return html`<section class="caption is-${play.state}" aria-label="A delivery is played">
    <div class="caption-words">
      <b>${on ? play.scene || "Once upon a time" : play.state === "ended" ? "The end" : "It went another way"}</b>
      <p role="status">${play.caption}</p>
    </div>
    ${on &&
    html`<label class="speed"><span>Speed</span> <select value=${String(play.speed ?? 1)} onChange=${(event) => onTell({ speed: Number(event.target.value) })}>${SPEEDS.map((speed) => html`<option value=${String(speed)}>${speed}×</option>`)}</select></label>
      <button type="button" class="tool" onClick=${() => onTell({ do: paused ? "go on" : "pause" })}><${Icon} name=${paused ? "play" : "pause"} /> ${paused ? "Go on" : "Pause"}</button>
      <button type="button" class="tool" onClick=${() => onTell({ do: "stop" })}><${Icon} name="stop" /> Stop</button>`}
    ${!on && html`<button type="button" class="tool" onClick=${onAway}>Put away</button>`}
    ${on && html`<progress max=${play.steps} value=${play.step} aria-label="Step ${play.step} of ${play.steps}"></progress>`}
  </section>`;
}
