// Turns where the browser has no Web Locks, as on plain http: a lease in localStorage. Whoever
// finds none, or one that has run out, writes its own name and waits until everybody who did the
// same at that moment must have written, too. The last one has it.

const SETTLE = 50;
const LOOK_EVERY = 100;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits for the lease, at most `seconds`; resolves to what ends it. A store that fails is no lock. */
export async function lease(name, seconds) {
  const key = `${name}.lease`;
  const [me] = crypto.getRandomValues(new Uint32Array(1));
  const read = () => JSON.parse(localStorage.getItem(key)) ?? { until: 0 };
  const span = seconds * 1000;
  const end = () => {
    if (read().holder === me) localStorage.removeItem(key);
  };
  try {
    for (const last = Date.now() + span; Date.now() < last; await wait(LOOK_EVERY)) {
      const left = read().until - Date.now();
      if (left > 0 && left <= span) continue; // more than that is a clock that was set back
      localStorage.setItem(key, JSON.stringify({ holder: me, until: Date.now() + span }));
      await wait(SETTLE);
      if (read().holder === me) return end;
    }
  } catch {
    // blocked or damaged: go on without
  }
  return () => {};
}
