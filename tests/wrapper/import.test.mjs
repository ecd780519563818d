import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createContext, runInContext } from "node:vm";

import { bundle } from "./fake.mjs";

const platform = [
  "window", "self", "document", "location", "history", "navigator", "fetch", "crypto", "localStorage", "sessionStorage",
  "indexedDB", "BroadcastChannel", "addEventListener", "setTimeout", "setInterval", "queueMicrotask", "reportError", "process",
];

describe("importing", () => {
  for (const entry of ["index", "slim", "testing"]) {
    it(`touches nothing of the platform: ${entry}`, async () => {
      const touched = [];
      const page = createContext({});
      for (const name of platform) Object.defineProperty(page, name, { get: () => void touched.push(name) });
      const before = Reflect.ownKeys(page);
      const body = (await bundle(entry)).replace(/^export \{[^}]*\};/m, "");
      runInContext(`(() => { "use strict"; ${body}\n})()`, page);
      assert.deepEqual(touched, []);
      assert.deepEqual(Reflect.ownKeys(page), before);
    });
  }
});
