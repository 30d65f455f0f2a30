/** Message text with its entities as elements. Offsets count UTF-16 units, as JavaScript strings do. */
import { html } from "./vendor/preact/standalone.module.js";

const SAFE = /^(https?|mailto|tel|tg):/i;

/** The address as it may stand in a link, or null where it could run a script. */
export function safeUrl(url) {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`;
  return SAFE.test(whole) ? whole : null;
}

function link(url, children, on) {
  const safe = safeUrl(url);
  if (!safe) return children;
  const open = (event) => {
    event.preventDefault();
    on.link(safe);
  };
  return html`<a href=${safe} rel="noopener noreferrer" onClick=${open}>${children}</a>`;
}

function dress(entity, raw, children, on) {
  switch (entity.type) {
    case "bold":
      return html`<strong>${children}</strong>`;
    case "italic":
      return html`<em>${children}</em>`;
    case "underline":
      return html`<u>${children}</u>`;
    case "strikethrough":
      return html`<s>${children}</s>`;
    case "spoiler":
      return html`<span class="spoiler" tabindex="0" title="Hidden until pointed at">${children}</span>`;
    case "code":
      return html`<code>${children}</code>`;
    case "pre":
      return html`<pre>${children}</pre>`;
    case "blockquote":
    case "expandable_blockquote":
      return html`<blockquote>${children}</blockquote>`;
    case "text_link":
      return link(entity.url, children, on);
    case "url":
      return link(raw, children, on);
    case "email":
      return link(`mailto:${raw}`, children, on);
    case "phone_number":
      return link(`tel:${raw}`, children, on);
    case "bot_command":
      return html`<button type="button" class="command" onClick=${() => on.command(raw)}>${children}</button>`;
    case "mention":
    case "hashtag":
    case "cashtag":
    case "text_mention":
      return html`<span class="mention">${children}</span>`;
    default:
      return children;
  }
}

function weave(text, entities, from, to, on) {
  const parts = [];
  let at = from;
  let next = 0;
  while (next < entities.length) {
    const entity = entities[next];
    const end = Math.min(entity.offset + entity.length, to);
    const inner = [];
    for (next += 1; next < entities.length && entities[next].offset < end; next += 1) inner.push(entities[next]);
    if (entity.offset > at) parts.push(text.slice(at, entity.offset));
    parts.push(dress(entity, text.slice(entity.offset, end), weave(text, inner, entity.offset, end, on), on));
    at = end;
  }
  if (at < to) parts.push(text.slice(at, to));
  return parts;
}

/** `on.link(url)` and `on.command("/help")` are called when one is followed. */
export function renderText(text, entities, on) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return weave(text, sorted, 0, text.length, on);
}
