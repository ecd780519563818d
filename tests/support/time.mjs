/** Bounds for what has none of its own: what hangs has a name. */

/** What `work` comes to; rejects, naming `what`, if that takes longer than so many milliseconds. */
export async function inTime(work, what, milliseconds = 60_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
