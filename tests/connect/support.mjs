/** What the tests of connections share: the five systems, and connections made of the presets alone. */
import { readFile } from "node:fs/promises";

import { createConnection } from "portcullis/connect";
import { startSystems } from "../../scripts/demo/systems/index.mjs";

/** A preset as a user would copy it. */
export async function preset(name) {
  return JSON.parse(await readFile(new URL(`../../presets/${name}.json`, import.meta.url), "utf8"));
}

/**
 * The systems, ended with the test, with a clock that only the test moves.
 *
 * @param {import("node:test").TestContext} t
 */
export async function world(t) {
  let ahead = 0;
  const now = () => Date.now() / 1000 + ahead;
  const { baseUrls, secrets, systems, close } = await startSystems({ now });
  t.after(close);
  return {
    systems,
    baseUrls,
    secrets,
    now,
    /** Lets so many seconds pass, here and there. */
    pass: (seconds) => (ahead += seconds),
    /** A connection of a preset, disposed of with the test; `change` replaces members of its data. */
    async connect(name, change = {}, options = {}) {
      const { connection } = await preset(name);
      const made = await createConnection({ ...connection, ...change }, {
        values: { base_url: baseUrls[name] },
        secrets: secrets[name],
        ...options,
        host: { now, ...options.host },
      });
      t.after(() => made.dispose());
      return made;
    },
  };
}

/** The code that a call fails with, or `ok`. */
export const codeOf = (promise) => promise.then(() => "ok", (error) => error.code ?? String(error));

/** Paths of the requests that a system was sent: `METHOD path`. */
export const calls = ({ requests }) => requests.map(({ method, path }) => `${method} ${path}`);

/** A store in memory, as `unstorage` has them. */
export function memoryStore() {
  const held = new Map();
  return {
    held,
    getItem: async (key) => held.get(key) ?? null,
    setItem: async (key, value) => void held.set(key, value),
    removeItem: async (key) => void held.delete(key),
  };
}
