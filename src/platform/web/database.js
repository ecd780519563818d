// Keys kept by IndexedDB for the whole origin. They cannot be exported, not even by this page.

const KEYS = "keys";
/** After how many milliseconds a database that says nothing is taken for none. */
const PATIENCE = 5_000;

/**
 * The key kept under `name`; where there is none that `isSound`, what `made` is, which is kept from then on, or
 * undefined. Rejects where the database cannot be looked at.
 */
export async function keptKey(name, made, isSound = Boolean) {
  const opening = indexedDB.open("portcullis");
  opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
  const database = await done(opening, "success");
  try {
    const transaction = database.transaction(KEYS, made ? "readwrite" : "readonly");
    const keys = transaction.objectStore(KEYS);
    const kept = await done(keys.get(name), "success");
    if (isSound(kept)) return kept;
    if (!made) return undefined;
    keys.put(made, name);
    await done(transaction, "complete"); // the page may be left next
    return made;
  } finally {
    database.close();
  }
}

const done = (work, event) =>
  new Promise((resolve, reject) => {
    work[`on${event}`] = () => resolve(work.result);
    work.onerror = work.onblocked = work.onabort = () => reject(work.error);
    setTimeout(reject, PATIENCE);
  });
