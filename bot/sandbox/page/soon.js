/** Work that is asked for often and done now and then. */

/** A function that does the work at once, and at most once in `ms` however often it is called; the last call counts. */
export function soon(work, ms) {
  let wanted = false;
  let resting = false;
  const go = async () => {
    resting = true;
    wanted = false;
    const rest = new Promise((done) => setTimeout(done, ms));
    await work().catch(() => {});
    await rest;
    resting = false;
    if (wanted) go();
  };
  return () => {
    wanted = true;
    if (!resting) go();
  };
}
