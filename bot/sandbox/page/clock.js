/** The town's clock in the head of the page: what time it is there, and winding it. */
import { Component, html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";
import { day, hour, long } from "./times.js";

const STEPS = [
  [60, "+1 min", "Wind by one minute"],
  [900, "+15 min", "Wind by 15 minutes"],
  [3600, "+1 h", "Wind by one hour"],
];

/** The time, told anew each second; only the minute is shown, so screen readers are left in peace. */
class Time extends Component {
  componentDidMount() {
    this.ticks = setInterval(() => this.forceUpdate(), 1000);
  }

  componentWillUnmount() {
    clearInterval(this.ticks);
  }

  render({ townTime, zone }) {
    const now = townTime();
    return html`<time datetime=${new Date(now).toISOString()}><b>${hour(new Date(now), zone)}</b><span>${day(new Date(now), zone)}</span></time>`;
  }
}

/** How much of the winding is done. */
function Winding({ winding, now }) {
  const share = Math.min(1, Math.max(0.03, (now - winding.from) / (winding.seconds * 1000)));
  return html`<progress class="wound" max="1" value=${share} aria-label="The clock is being wound">${Math.round(share * 100)} %</progress>`;
}

export function Clock({ news, townTime, zone, narrow, onWind }) {
  const { clock, winding } = news;
  if (!clock) return null;
  const time = html`<${Time} townTime=${townTime} zone=${zone} />`;
  const busy = Boolean(winding);
  const keys = (done) =>
    STEPS.map(([seconds, word, words]) => html`<button type="button" class="wind" title=${words} disabled=${busy} onClick=${() => (onWind(seconds), done?.())}>${word}</button>`);
  const ahead = clock.ahead >= 1 && html`<span class="ahead" title="So far the town's clock has been wound">${long(clock.ahead)} ahead</span>`;
  const wound = winding && html`<${Winding} winding=${winding} now=${clock.at} />`;
  if (!narrow) return html`<div class="clock" role="group" aria-label="The town's clock">${time} ${ahead} <span class="winds">${keys()}</span>${wound}</div>`;
  return html`<div class="clock">
    <${Popover} label="The town's clock" says=${hour(new Date(townTime()), zone)} className="clock-face" face=${html`<${Icon} name="clock" /> ${time}`}>
      ${(close) => html`<p class="say">Wind the clock, and what is due happens.</p><div class="winds">${keys(close)}</div>${ahead && html`<p class="say">${ahead} of the real time</p>`}`}
    <//>${wound}
  </div>`;
}
