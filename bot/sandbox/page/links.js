/** What a link in a chat leads to: a start of our bot, a point on the map, or the outside world. */

function unwrapped(url) {
  let text = url;
  for (let i = 0; i < 3; i += 1) {
    let next;
    try {
      next = decodeURIComponent(text);
    } catch {
      break;
    }
    if (next === text) break;
    text = next;
  }
  return text;
}

/** The start payload of a link to the bot, also when the link travels inside a share or WhatsApp link; else null. */
export function deepLink(url, username) {
  const found = unwrapped(url).match(/(?:t\.me\/|telegram\.me\/|tg:\/\/resolve\?domain=)([A-Za-z0-9_]+)(?:[?&]start=([A-Za-z0-9_-]*))?/g) ?? [];
  for (const link of found) {
    const [, name, payload] = link.match(/([A-Za-z0-9_]+)(?:[?&]start=([A-Za-z0-9_-]*))?$/);
    if (name.toLowerCase() === username.toLowerCase()) return payload ?? "";
  }
  return null;
}

/** [lat, lon] when the link names a point as maps' links do; else null. */
export function pointIn(url) {
  const found = unwrapped(url).match(/(-?\d{1,2}\.\d{3,})\s*[,/+]\s*(-?\d{1,3}\.\d{3,})/);
  return found ? [Number(found[1]), Number(found[2])] : null;
}
