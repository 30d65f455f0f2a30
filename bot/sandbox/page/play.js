/** "Play a delivery": the button that starts the story, and the bar with its caption while it is acted. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";

/** Whether the story is being played, or held. */
export const isOn = (play) => play?.state === "playing" || play?.state === "paused";

const SPEEDS = [0.5, 1, 2, 4, 10];

export function PlayButton({ play, onTell }) {
  if (!play || isOn(play)) return null;
  return html`<button type="button" class="tool play" title="Watch a delivery from the shop to the door" onClick=${() => onTell({ do: "start" })}><${Icon} name="play" /><span class="word">Play a delivery</span></button>`;
}

/** It has come to its end, one way or the other. */
export const isOver = (play) => ["ended", "failed"].includes(play?.state);

const GOES_MS = { ended: 20000, failed: 120000 };

/** What is done when the story is over: it goes away by itself, or by hand; a town in which it cannot go on can be begun anew. */
class Over extends Component {
  componentDidMount() {
    this.goes = setTimeout(this.props.onAway, GOES_MS[this.props.play.state]);
  }

  componentWillUnmount() {
    clearTimeout(this.goes);
  }

  render({ play, onFresh, onAway }) {
    return html`${play.state === "failed" && onFresh && html`<button type="button" class="tool primary" title="New chats, a new database; everything here is forgotten" onClick=${onFresh}>Start over</button>`}
      <button type="button" class="round" aria-label="Put away" title="Put away" onClick=${onAway}><${Icon} name="close" /></button>`;
  }
}

/** The story's words, with its handles while it goes on. `aside` is who acts on a phone that is not shown; `onFollow` shows it. */
export function Caption({ play, away, aside, onTell, onFresh, onFollow, onAway }) {
  const on = isOn(play);
  if (!on && (!isOver(play) || away)) return null;
  const paused = play.state === "paused";
  return html`<section class="caption is-${play.state}" aria-label="A delivery is played">
    <div class="caption-words">
      <b>${on ? play.scene || "Once upon a time" : play.state === "ended" ? "The end" : "It went another way"}</b>
      <p role="status" title=${play.caption}>${play.caption}</p>
    </div>
    ${on &&
    html`<label class="speed"><span>Speed</span> <select aria-label="Speed" value=${String(play.speed ?? 1)} onChange=${(event) => onTell({ speed: Number(event.target.value) })}>${SPEEDS.map((speed) => html`<option value=${String(speed)}>${speed}×</option>`)}</select></label>
      ${aside && html`<button type="button" class="tool follow" title="Show the phone that acts" onClick=${onFollow}>To ${aside.name}</button>`}
      <button type="button" class="tool hold" onClick=${() => onTell({ do: paused ? "go on" : "pause" })}><${Icon} name=${paused ? "play" : "pause"} /> ${paused ? "Go on" : "Pause"}</button>
      <button type="button" class="tool" onClick=${() => onTell({ do: "stop" })}><${Icon} name="stop" /> Stop</button>`}
    ${!on && html`<${Over} key=${play.caption} play=${play} onFresh=${onFresh} onAway=${onAway} />`}
    ${on && html`<progress max=${play.steps} value=${play.step} aria-label="Step ${play.step} of ${play.steps}"></progress>`}
  </section>`;
}
