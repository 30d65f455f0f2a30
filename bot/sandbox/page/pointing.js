/** Pointing at one message on a phone: it is scrolled to and flashes. */

const SHOWN_MS = 4000;
const TRIES = 20;
const AGAIN_MS = 50;

function find(person, message) {
  const phone = document.querySelector(`.phone[data-person="${person}"]`);
  const lines = [...(phone?.querySelectorAll("[data-message]") ?? [])];
  // an album is one line and bears its last number
  return lines.find((line) => Number(line.dataset.message) === message) ?? lines.find((line) => line.dataset.album?.split(" ").includes(String(message)));
}

function showLine(line) {
  const list = line.closest(".messages");
  list.scrollTop += line.getBoundingClientRect().top - list.getBoundingClientRect().top - (list.clientHeight - line.offsetHeight) / 2;
  list.dispatchEvent(new Event("scroll")); // told at once: the chat must not go back to its end
  for (const other of document.querySelectorAll(".line.pointed")) other.classList.remove("pointed");
  line.classList.add("pointed");
  setTimeout(() => line.classList.remove("pointed"), SHOWN_MS);
}

/** Show this message once its phone is drawn; false where the chat does not hold it (any more). */
export async function pointAt(person, message) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const line = find(person, message);
    if (line) {
      showLine(line);
      return true;
    }
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
  return false;
}
