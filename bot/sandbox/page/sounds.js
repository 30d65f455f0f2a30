/** Who was disturbed: whether what came to a phone rang, and the bell that says so. */
import { html } from "./vendor/preact/standalone.module.js";
import { Icon } from "./icons.js";
import { phrase } from "./phrases.js";

/** "loud" when a message that rang has come since, "quiet" when only silent ones have, null when none has. */
export function newestFrom(was, now) {
  const last = was.messages.at(-1)?.message_id ?? 0;
  const came = now.messages.filter((message) => !message.mine && message.message_id > last && message.loud != null);
  if (!came.length) return null;
  return came.some((message) => message.loud) ? "loud" : "quiet";
}

export function Rang({ rang, language }) {
  if (!rang) return null;
  const words = phrase(language, rang === "loud" ? "rang" : "rangNot");
  return html`<span class="rang ${rang}" role="img" aria-label=${words} title=${words}><${Icon} name=${rang} /></span>`;
}
