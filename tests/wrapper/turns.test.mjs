/** Turns of tabs by Web Locks: what becomes of one that nobody minds, and of what locks tell. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { isOutdated, outdate, turn } from "../../src/platform/web/turns.js";

const NAME = "portcullis.x.session";

/** The locks of a browser, and what is kept; `asked` runs before anything is told about locks. */
function browser(t, asked = () => {}) {
  const held = [];
  const waiting = [];
  const next = () => {
    for (const request of [...waiting]) {
      const isFree = ({ name, mode }) => name !== request.name || (mode === "shared" && request.mode === "shared");
      if (!held.every(isFree)) continue;
      waiting.splice(waiting.indexOf(request), 1);
      held.push(request);
      queueMicrotask(async () => {
        await request.hold();
        held.splice(held.indexOf(request), 1);
        request.resolve();
        next();
      });
    }
  };
  const locks = {
    request: (name, options, hold) => new Promise((resolve, reject) => {
      const request = { name, mode: options.mode, hold, resolve, reject };
      options.signal?.addEventListener("abort", () => {
        const at = waiting.indexOf(request);
        if (at >= 0) reject(waiting.splice(at, 1));
      });
      waiting.push(request);
      next();
    }),
    async query() {
      await asked();
      return { held: held.map(({ name }) => ({ name })) };
    },
  };
  const kept = new Map();
  const localStorage = { getItem: (key) => kept.get(key) ?? null };
  for (const [name, value] of Object.entries({ navigator: { locks }, localStorage })) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
  const write = (text) => {
    outdate(NAME, () => kept.get(NAME));
    kept.set(NAME, text);
  };
  return { held, kept, write, steal: (name) => held.find((lock) => lock.name === name).reject(new Error("stolen")) };
}

/** Lets everything happen that waits for no timer. */
const settle = async () => {
  for (let at = 0; at < 50; at++) await new Promise(setImmediate);
};
const names = ({ held }) => held.map(({ name }) => name);

test("whoever has the turn has it alone, and what it overwrote is outdated for a moment", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const tabs = browser(t);
  tabs.kept.set(NAME, "old");
  const end = await turn(NAME, 5);
  let isNext = false;
  const second = turn(NAME, 5).then((end) => ((isNext = true), end));
  tabs.write("new");
  await settle();
  assert.ok(!isNext);
  end();
  const next = await second;
  assert.deepEqual([await isOutdated(NAME, "old"), await isOutdated(NAME, "new")], [true, false]);
  next();
  t.mock.timers.tick(2_000);
  await settle();
  assert.deepEqual(names(tabs), []);
});

test("a turn that was long in coming leaves nothing behind when its lock is stolen", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let tell;
  const tabs = browser(t, () => new Promise((told) => (tell = told)));
  tabs.kept.set(NAME, "text");
  const waiting = turn(NAME, 5);
  await settle();
  t.mock.timers.tick(5_000);
  tell();
  const end = await waiting;
  tabs.steal(NAME);
  await settle();
  assert.deepEqual(names(tabs), [NAME], "nobody holds what nobody waits for");
  end();
  await settle();
  assert.deepEqual(names(tabs), []);
});

test("a turn that was overtaken takes nothing from the next one", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const tabs = browser(t);
  tabs.kept.set(NAME, "old");
  const first = await turn(NAME, 5);
  const waiting = turn(NAME, 5);
  await settle();
  t.mock.timers.tick(5_000);
  const second = await waiting;
  first();
  await settle();
  tabs.write("new");
  second();
  while (names(tabs).length > 1 || tabs.held[0]?.mode !== "shared") await settle();
  assert.ok(await isOutdated(NAME, "old"));
});

test("a turn that nobody ends is over after a while", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const tabs = browser(t);
  const end = await turn(NAME, 5);
  t.mock.timers.tick(9_999);
  await settle();
  assert.deepEqual(names(tabs), [NAME]);
  t.mock.timers.tick(1);
  await settle();
  assert.deepEqual(names(tabs), []);
  end();
  const next = await turn(NAME, 5);
  end();
  await settle();
  assert.deepEqual(names(tabs), [NAME], "and ends no other");
  next();
});

test("locks that tell nothing outdate nothing", async (t) => {
  browser(t, () => { throw new Error("refused"); });
  assert.equal(await isOutdated(NAME, "any"), false);
});
