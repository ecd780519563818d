// Sequences of the core. Each is a task with the promise of what it comes to; a task goes on when a
// promise it watches has settled, or when another task wakes it. Whatever it throws rejects its
// promise, the end of the module included.
const tasks = new Map();
let running = 0;
let latest = 0;

function run(number) {
  const entry = tasks.get(number);
  if (!entry) return;
  const outer = running;
  running = number;
  try {
    const value = entry.task.poll(number);
    if (value === undefined) return;
    entry.resolve(value);
  } catch (error) {
    entry.reject(error);
  } finally {
    running = outer;
  }
  tasks.delete(number);
  try {
    entry.task.free();
  } catch {
    // it stopped while it ran, and everything it held went with the module
  }
}

export const start = (task) =>
  new Promise((resolve, reject) => {
    tasks.set(++latest, { task, resolve, reject });
    run(latest);
  });

export const wake = (number) => queueMicrotask(() => run(number));

/** Begins to wait for a promise. */
export function watch(promise) {
  const watched = { by: 0, result: undefined }; // of its own, whatever objects inherit
  const settle = (result) => {
    watched.result = result;
    run(watched.by);
  };
  Promise.resolve(promise).then(
    (value = null) => settle(() => value),
    (error) => settle(() => { throw error; }),
  );
  return watched;
}

/** What the promise settled with, thrown if it was rejected; undefined while it is pending. */
export function take(watched) {
  watched.by = running;
  return watched.result?.();
}

/** How many milliseconds a store has to answer, and how many a file of this package. */
const [STORE, FILE] = [10_000, 2_000];

/** What `work` comes to; rejects if that takes too long. */
export const inTime = (work, milliseconds = STORE) => {
  let timer;
  const late = new Promise((_, over) => (timer = setTimeout(over, milliseconds)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** A file as it is loaded: what it is for is done without, rather than never. */
export const loaded = (file) => inTime(file, FILE);
