/** A new tab takes over a session that another tab keeps for itself, also from one that is slow to answer. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, keepTokenResponses, signIn, world } from "./support.mjs";

const ANSWERING = "**/portcullis/adopt.js";
const status = (page) => page.evaluate(() => opened.then((auth) => auth.state.status));
const isMarked = () => Object.keys(localStorage).some((key) => key.endsWith(".open"));

/** A world with a first tab, not signed in yet, that runs `script` before anything else. */
async function firstTab(t, script, options) {
  const { op, portal, profile } = await world(t, options);
  const context = await profile({ persist: "tab" });
  const page = await context.newPage();
  if (script) await page.addInitScript(script);
  await page.goto(`${portal.origin}/`);
  await page.evaluate(() => opened.then(() => {}));
  /** A new tab, still looking for a session, in which `waited` is settled once silence is not waited for any longer. */
  const begin = async (script) => {
    const sibling = await context.newPage();
    if (script) await sibling.addInitScript(script);
    await sibling.addInitScript(() => {
      const { setTimeout, clearTimeout } = globalThis;
      let silence;
      globalThis.waited = new Promise((over) => {
        globalThis.setTimeout = (work, delay, ...more) => {
          if (delay !== 250) return setTimeout(work, delay, ...more);
          // longer than a busy machine takes to pass a message on
          return (silence = setTimeout(() => (work(), over()), 2000));
        };
        globalThis.clearTimeout = (id) => {
          if (id === silence) over();
          clearTimeout(id);
        };
      });
    });
    await sibling.goto(`${portal.origin}/`);
    return sibling;
  };
  return { begin, context, op, page };
}

test("what it takes to answer may take its time to load", async (t) => {
  const { begin, context, page } = await firstTab(t);
  let load;
  const loaded = new Promise((resolve) => (load = resolve));
  await context.route(ANSWERING, async (route) => {
    if (route.request().frame().page() === page) await loaded;
    await route.continue();
  });
  await signIn(page);
  const sibling = await begin();
  await sibling.evaluate(() => waited);
  load();
  assert.equal(await status(sibling), "signed-in");
});

test("a tab that heard too late is asked by the next one", async (t) => {
  const { begin, page } = await firstTab(t, () => {
    // hears nothing before `wake()`, as in a long task
    const awake = new Promise((resolve) => (globalThis.wake = resolve));
    const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
    Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
      set(listener) {
        set.call(this, (event) => void awake.then(() => listener(event)));
      },
    });
  });
  await signIn(page);
  const sibling = await begin();
  assert.equal(await status(sibling), "signed-out");
  assert.equal(await sibling.evaluate(isMarked), false);
  await page.evaluate(() => wake());
  await page.waitForFunction(isMarked);
  assert.equal(await status(await begin()), "signed-in");
});

test("a tab that heard and has no answer is waited for, not for ever, and asked again by the next one", async (t) => {
  const { begin, context, page } = await firstTab(t);
  await context.route(ANSWERING, (route) => (route.request().frame().page() === page ? route.abort() : route.continue()));
  await signIn(page);
  const sibling = await begin();
  assert.equal(await status(sibling), "signed-out");
  assert.equal(await sibling.evaluate(isMarked), true);
});

test("a tab with a session has what it takes to answer before it is asked, so that no redeployment takes it away", async (t) => {
  const { begin, context, page } = await firstTab(t);
  const loaded = page.waitForResponse((response) => response.url().endsWith("/adopt.js"));
  await signIn(page);
  await (await loaded).finished();
  let asked = 0;
  await context.route(ANSWERING, (route) => {
    if (route.request().frame().page() !== page) return route.continue();
    asked += 1;
    return route.abort();
  });
  assert.equal(await status(await begin()), "signed-in");
  assert.equal(asked, 0);
});

test("a tab that has nothing to give keeps nobody waiting", async (t) => {
  const { begin, page } = await firstTab(t);
  await signIn(page);
  await page.evaluate(() => {
    globalThis.messages = [];
    globalThis.ear = new BroadcastChannel(Object.keys(sessionStorage).find((key) => key.endsWith(".session")));
    ear.onmessage = ({ data }) => messages.push(Object.keys(data));
    sessionStorage.clear();
  });
  const sibling = await begin();
  assert.equal(await status(sibling), "signed-out");
  assert.equal(await sibling.evaluate(isMarked), false);
  const messages = await page.evaluate(() => messages);
  assert.deepEqual(new Set(messages.map(String)), new Set(["asks,since,publicKey"]), "nobody says that it heard");
});

/** A page that can be told to sleep, in which nothing is heard until it wakes. */
const sleeper = () => {
  let awake = Promise.resolve();
  globalThis.sleep = () => void (awake = new Promise((resolve) => (globalThis.wake = resolve)));
  const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
  Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
    set(listener) {
      set.call(this, (event) => void awake.then(() => listener(event)));
    },
  });
  const { addEventListener } = globalThis;
  globalThis.addEventListener = (type, listener, options) =>
    addEventListener(type, type === "storage" ? (event) => void awake.then(() => listener(event)) : listener, options);
};

test("a tab that slept does not use a refresh token that another tab has spent, even if that one is gone", async (t) => {
  const { begin, op, page } = await firstTab(t, undefined, { provider: { accessTokenTtl: 1 } });
  await signIn(page);
  const sibling = await begin(sleeper);
  assert.equal(await status(sibling), "signed-in");
  await sibling.evaluate(() => sleep());
  const refresh = () => outcome(auth.getAccessToken({ forceRefresh: true }));
  await page.evaluate(refresh);
  op.accessTokenTtl = 300;
  const newest = await page.evaluate(refresh);
  await page.close();
  const before = op.requests.length;
  await sibling.evaluate(() => wake());
  const taken = await sibling.evaluate(() => outcome(auth.getAccessToken()));
  assert.deepEqual([taken, calls(op, before)], [newest, []]);
  const { value, code } = await sibling.evaluate(refresh);
  assert.ok(value, code);
  assert.deepEqual(calls(op, before), ["POST /token"]);
});

test("what a tab leaves behind is sealed, and gone after the sign-out", async (t) => {
  const { context, page } = await firstTab(t);
  await keepTokenResponses(context);
  await signIn(page);
  const kept = () => page.evaluate(() => [localStorage, sessionStorage].map((store) => Object.entries(store)
    .filter(([key]) => /\.(left|secret)$/.test(key))));
  await page.waitForFunction(() => Object.keys(sessionStorage).some((key) => key.endsWith(".secret")));
  const { value } = await page.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
  const [[[, left]], [[, secret]]] = await kept();
  const tokens = await page.evaluate(() => Object.values(tokenResponses.at(-1)).filter((it) => String(it).length > 20));
  assert.ok(tokens.includes(value));
  for (const token of tokens) assert.ok(![left, atob(left)].some((text) => text.includes(token)));
  assert.notEqual(left, secret);
  await page.evaluate(() => auth.logout({ localOnly: true }));
  assert.deepEqual(await kept(), [[], []]);
});

test("what can no longer be replaced is taken away, since its refresh token is spent", async (t) => {
  const { context, page } = await firstTab(t);
  await signIn(page);
  const left = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith(".left")).length);
  const refresh = () => page.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
  await page.waitForFunction(() => Object.keys(sessionStorage).some((key) => key.endsWith(".secret")));
  await refresh();
  assert.equal(await left(), 1);
  await context.route(ANSWERING, (route) => route.abort());
  await page.reload();
  assert.equal(await status(page), "signed-in");
  const { value, code } = await refresh();
  assert.ok(value, code);
  assert.equal(await left(), 0);
});

test("neither a refresh nor a sign-out waits for the file that seals, if it does not come", async (t) => {
  const { context, page } = await firstTab(t);
  await signIn(page);
  await page.waitForFunction(() => Object.keys(sessionStorage).some((key) => key.endsWith(".secret")));
  await page.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
  let load;
  const loaded = new Promise((resolve) => (load = resolve));
  t.after(() => load());
  await context.route(ANSWERING, async (route) => {
    await loaded;
    await route.abort();
  });
  await context.addInitScript(() => {
    const { setTimeout } = globalThis;
    // who is patient for that long was patient enough
    globalThis.setTimeout = (work, delay, ...more) => setTimeout(work, delay === 2000 ? 0 : delay, ...more);
  });
  await page.reload();
  assert.equal(await status(page), "signed-in");
  const { value, code } = await page.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
  assert.ok(value, code);
  await page.evaluate(() => auth.logout({ localOnly: true }));
  assert.deepEqual(await page.evaluate(() => [localStorage, sessionStorage].flatMap((store) => Object.keys(store))
    .filter((key) => /\.(left|secret|session)$/.test(key))), []);
});
