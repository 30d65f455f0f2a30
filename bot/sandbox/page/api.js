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
  if (!response.ok) throw new Error(answer?.error ?? `The sandbox answered ${response.status}.`);
  return answer;
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
