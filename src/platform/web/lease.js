// Turns where the browser has no Web Locks, as on plain http: a lease in localStorage. Whoever
// finds none, or one that has run out, writes its own name and waits until everybody who did the
// same at that moment must have written, too. The last one has it.

const SETTLE = 200;
const LOOK_EVERY = 100;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The same where a timer may take a minute, as in a hidden page, while all the others wait. */
const waitAwake = (milliseconds) => new Promise((resolve) => {
  const end = performance.now() + milliseconds;
  const { port1, port2 } = new MessageChannel();
  const go = () => port2.postMessage(0);
  port1.onmessage = () => (performance.now() < end ? go() : resolve(port1.close()));
  go();
});

/** Waits for a lease of so many seconds; resolves to what ends it. A store that fails is no lock. */
export async function lease(name, seconds) {
  const key = `${name}.lease`;
  const [me] = crypto.getRandomValues(new Uint32Array(1));
  const read = () => JSON.parse(localStorage.getItem(key)) ?? { until: 0 };
  const span = seconds * 1000;
  const end = () => {
    removeEventListener("pagehide", end);
    if (read().holder === me) localStorage.removeItem(key);
  };
  try {
    for (;; await wait(LOOK_EVERY)) {
      const left = read().until - Date.now();
      if (left > 0 && left <= span) continue; // more than that is a clock that was set back
      localStorage.setItem(key, JSON.stringify({ holder: me, until: Date.now() + span }));
      await (document.hidden ? waitAwake : wait)(SETTLE);
      const { holder } = read();
      if (holder === undefined) break; // nothing is kept here
      if (holder !== me) continue;
      addEventListener("pagehide", end); // nobody waits for a page that was left
      return end;
    }
  } catch {
    // blocked or damaged: go on without
  }
  return () => {};
}
