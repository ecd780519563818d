/** Stores that misbehave, and what a portal with another `persist` left behind. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { hangUp, listen, pull, push, save } from "../../src/platform/web/shim.js";

const never = () => new Promise(() => {});
const settle = () => new Promise(setImmediate);
const code = (work) => work.then(() => "none", (code) => code);
const PATIENCE = 10_000;

test("a store that never answers a look is none", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const host = { storage: { get: (key) => (key === "b" ? never() : "kept") } };
  const pulled = code(pull(host, "a b", false));
  await settle();
  t.mock.timers.tick(PATIENCE);
  assert.equal(await pulled, "storage_unavailable");
});

test("a write that never ends fails the sequence that made it, and no other", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const kept = new Map();
  const host = { storage: { get: (key) => kept.get(key), set: never, remove: never } };
  for (const text of ["written", undefined]) {
    save(host, "localStorage", "a", text);
    const [pushed, pulled] = [code(push(host)), code(pull(host, "a", false))];
    await settle();
    t.mock.timers.tick(PATIENCE);
    assert.equal(await pushed, "storage_unavailable");
    assert.equal(await pulled, "none", "the store can still be looked at");
    assert.equal(await code(push(host)), "none");
  }
});

test("a store that answers leaves no timer", async (t) => {
  const { setTimeout, clearTimeout } = globalThis;
  t.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }));
  const timers = new Set();
  globalThis.setTimeout = (...timer) => (timers.add(timer), timer);
  globalThis.clearTimeout = (timer) => timers.delete(timer);
  const host = { storage: { get: () => "kept", set() {}, remove() {} } };
  save(host, "localStorage", "a", "text");
  await push(host);
  await pull(host, "a", false);
  await settle();
  assert.deepEqual([...timers], []);
});

const NAME = "portcullis.x.session";

/** What is left in either web storage once a portal that keeps its session so has opened. */
function leftovers(t, kept, host = {}) {
  const storage = (...keys) => {
    const map = new Map(keys.map((key) => [key, "{}"]));
    return { map, getItem: (key) => map.get(key) ?? null, setItem: (...entry) => map.set(...entry), removeItem: (key) => map.delete(key) };
  };
  const page = {
    document: new EventTarget(),
    addEventListener() {},
    requestIdleCallback() {},
    BroadcastChannel: class { close() {} },
    sessionStorage: storage(NAME, "portcullis.x.secret", "portcullis.y.session"),
    localStorage: storage(NAME, "portcullis.x.left", "portcullis.y.session", "portcullis.x.ended"),
  };
  const before = Object.fromEntries(Object.keys(page).map((name) => [name, globalThis[name]]));
  Object.assign(globalThis, page);
  t.after(() => Object.assign(globalThis, before));
  listen(host, NAME, kept);
  hangUp(host);
  return [[...page.sessionStorage.map.keys()], [...page.localStorage.map.keys()]]
    .map((keys) => keys.map((key) => key.replace("portcullis.", "")).join(" "));
}

test("a session that was kept elsewhere is removed as the page opens", (t) => {
  const all = ["x.session x.secret y.session", "x.session x.left y.session x.ended"];
  assert.deepEqual(leftovers(t, "sessionStorage"), [all[0], "x.left y.session x.ended"]);
  assert.deepEqual(leftovers(t, "sealed"), ["y.session", "x.session y.session x.ended"]);
  assert.deepEqual(leftovers(t, ""), ["y.session", "y.session x.ended"]);
  // a store of the page's own may be over these
  assert.deepEqual(leftovers(t, "sessionStorage", { storage: {} }), all);
});
