// Seals what outlives the browser. The key is kept by IndexedDB and cannot be exported, not even by
// this page: a copy of the disk, of a backup or of another profile holds nothing that can be used.
// Script in this page can still ask for everything to be opened. Loaded where a session is kept on
// the device.

import { keptKey } from "./database.js";
import { seal as sealWith, unseal } from "./seal.js";

const CIPHER = "AES-GCM";
const SEALED = "sealed.";

/** Record by record what was opened last, so that it is not opened again for every look. */
const opened = new Map();

/** The text as it may be kept under `name`, and nowhere else. */
export const seal = async (name, text) => SEALED + (await sealWith(await key(), name, text));

/**
 * What was kept under `name`. Text that was not sealed here, or not with this key, is returned as it
 * is: the reader finds out. Rejects where the key cannot be looked at.
 */
export async function open(name, kept) {
  if (!kept.startsWith(SEALED)) return kept;
  if (opened.get(name)?.kept === kept) return opened.get(name).text;
  const ours = await key();
  try {
    const text = await unseal(ours, name, kept.slice(SEALED.length));
    opened.set(name, { kept, text });
    return text;
  } catch {
    return kept;
  }
}

let found;

/** The origin's key, found or made once; what failed is tried anew. */
const key = () => (found ??= findKey().catch((error) => {
  found = undefined;
  throw error;
}));

async function findKey() {
  // made before it is needed: a transaction waits for nothing but itself
  const made = await crypto.subtle.generateKey({ name: CIPHER, length: 256 }, false, ["encrypt", "decrypt"]);
  return keptKey(CIPHER, made);
}
