/** The people's API as functions: what the town looks like, and what a person can do on a phone. */

async function request(method, path, body) {
  const options = { method };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(`./api/${path}`, options);
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw Object.assign(new Error(answer?.error ?? `The sandbox answered ${response.status}.`), { status: response.status });
}

export const readTown = () => request("GET", "town");
export const readPeople = () => request("GET", "people");
export const readChat = (id) => request("GET", `people/${id}/chat`);
export const addPerson = (person) => request("POST", "people", person);
export const changePerson = (id, change) => request("PATCH", `people/${id}`, change);
export const fileUrl = (fileId) => `./api/files/${encodeURIComponent(fileId)}`;

/** One act of one person: start, say, tap, press, pin, live, move, end, photo, contact, voice, sticker, open, block, unblock. */
export const act = (id, verb, body = {}) => request("POST", `people/${id}/${verb}`, body);

export function uploadPhoto(id, file, caption) {
  const form = new FormData();
  form.set("photo", file);
  if (caption) form.set("caption", caption);
  return act(id, "photo", form);
}

/** Over the points [[lat, lon], …] at so many times the town's speed, sharing the live location; `stopDriving` ends it. */
export const drive = (id, to, speed) => act(id, "drive", { to, speed });
export const stopDriving = (id) => act(id, "drive", { stop: true });
export const readDrives = () => request("GET", "drives");

export const readFaults = () => request("GET", "faults");
/** `kind` is slow, down, flood or lost; without a chat it holds for everybody. */
export const orderFault = (kind, seconds, chat) => request("POST", "faults", chat ? { kind, seconds, chat } : { kind, seconds });
export const liftFault = (number) => request("DELETE", `faults?number=${number}`);

// what only a playground serves: another bot's sandbox has none of these
export const readClock = () => request("GET", "clock");
export const windClock = (seconds) => request("POST", "clock", { seconds });
export const readBot = () => request("GET", "bot");
export const tellBot = (what) => request("POST", "bot", { do: what });
export const readTimeline = () => request("GET", "timeline?limit=200");
export const readDeliveries = () => request("GET", "deliveries");
export const readPlay = () => request("GET", "play");
export const beginAnew = () => request("POST", "fresh", {});
export const tellPlay = (order) => request("POST", "play", order);

/**
 * Hear of every change. `onChange({seq, chats, people})` per event; `onState(true | false)` when the line comes and goes.
 * After a gap the caller reads everything anew: events that were missed are not sent again by every server.
 */
export function listen(since, onChange, onState) {
  const source = new EventSource(`./api/events?since=${since}`);
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  source.onmessage = (event) => onChange(JSON.parse(event.data));
  return () => source.close();
}
