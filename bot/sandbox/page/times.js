/** Times as they are written on the page: in the town's zone, for people. */

/** "10:36 AM" of an ISO time, a Date or seconds since 1970; as the page's reader writes it, or in this locale. */
export function hour(at, zone, seconds = false, locale = []) {
  const date = typeof at === "number" ? new Date(at * 1000) : new Date(at);
  const parts = { hour: "2-digit", minute: "2-digit", timeZone: zone };
  return date.toLocaleTimeString(locale, seconds ? { ...parts, second: "2-digit", hourCycle: "h23" } : parts);
}

/** "Sun, Nov 22". */
export function day(at, zone) {
  return new Date(at).toLocaleDateString([], { weekday: "short", day: "numeric", month: "short", timeZone: zone });
}

/** "1 h 15 min" of seconds. */
export function long(seconds) {
  const minutes = Math.round(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  const parts = [days && `${days} d`, hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean);
  return parts.join(" ") || `${Math.round(seconds)} s`;
}

/** "0:42" of seconds. */
export function left(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
