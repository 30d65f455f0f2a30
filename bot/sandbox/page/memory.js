/** What this browser remembers of how the page was arranged. */

export function remembered(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`doorstep.${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`doorstep.${key}`, JSON.stringify(value));
  } catch {
    // a browser that keeps nothing only forgets how the page was arranged
  }
}
