// Turns that no two tabs have at once, by Web Locks. A lock is handed on at once, but what one tab writes to
// web storage takes a moment to reach another. So whoever has written in its turn holds for a moment one more
// lock, whose name says which text is outdated: whoever sees that text still waits until it sees another.

import { loaded } from "./tasks.js";

/** How long a tab says so, and how long another believes it. */
const MOMENT = 2_000;

/** By turns that this page has, what it has overwritten meanwhile. */
const outdated = new Map();

/** Notes that what `read` gives is about to be overwritten, if this is somebody's turn. */
export const outdate = (name, read) => outdated.get(name)?.add(read());

const locks = () => globalThis.navigator?.locks;

/** The name of the lock that says so, and nothing of what the text holds. */
async function mark(name, text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `${name} ${new Uint8Array(digest)}`;
}

/** Whether another text has just taken the place of this one, as the tab that wrote it says. */
export async function isOutdated(name, text) {
  if (!text || !locks()) return false;
  try {
    const { held } = await locks().query();
    const marks = held.map((lock) => lock.name).filter((marked) => marked.startsWith(`${name} `));
    return marks.length > 0 && marks.includes(await mark(name, text));
  } catch {
    return false; // nobody can say so
  }
}

/** Waits until this tab sees what another wrote in its turn; without timers, which wait for long in a hidden page. */
async function seeLatest(name) {
  const end = performance.now() + MOMENT;
  while ((await isOutdated(name, localStorage.getItem(name))) && performance.now() < end);
}

/** Says what is outdated, for a moment; resolves once it is said. */
const tellOutdated = (name, texts) => Promise.all([...texts].filter(Boolean).map(async (text) => {
  const marked = await mark(name, text);
  await new Promise((said) => {
    const hold = () => new Promise((end) => said(setTimeout(end, MOMENT)));
    locks().request(marked, { mode: "shared" }, hold).catch(said);
  });
}));

/**
 * Waits for the turn of those who write what is kept under `name`, but not for longer; resolves to what ends it.
 */
export async function turn(name, seconds, lock = name) {
  if (!locks()) return (await loaded(import("./lease.js"))).lease(name, seconds);
  return new Promise((resolve) => {
    const abort = new AbortController(); // there were locks before there was AbortSignal.timeout
    const { signal } = abort;
    let timer = setTimeout(() => abort.abort(), seconds * 1000);
    const hold = async () => {
      clearTimeout(timer); // the turn is here
      await seeLatest(name).catch(() => {}); // what cannot be read cannot be outdated
      const texts = new Set();
      outdated.set(name, texts);
      await new Promise((end) => {
        timer = setTimeout(end, 2 * seconds * 1000); // whoever was given up, or has stopped, ends no turn
        resolve(end);
      });
      clearTimeout(timer);
      // whoever did not wait for the end of this turn may have the next
      if (outdated.get(name) === texts) outdated.delete(name);
      await tellOutdated(name, texts);
    };
    // a tab that holds on for longer is as good as gone; those who waited take turns among themselves
    const next = () => {
      clearTimeout(timer);
      resolve(signal.aborted ? turn(name, seconds, `${lock}'`) : () => {});
    };
    locks().request(lock, { signal }, hold).catch(next);
  });
}
