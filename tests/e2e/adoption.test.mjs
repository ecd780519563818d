/** A new tab takes over a session that another tab keeps for itself, also from one that is slow to answer. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn, world } from "./support.mjs";

const ANSWERING = "**/portcullis/adopt.js";
const status = (page) => page.evaluate(() => opened.then((auth) => auth.state.status));
const isMarked = () => Object.keys(localStorage).some((key) => key.endsWith(".open"));

/** A world with a first tab, not signed in yet, that runs `script` before anything else. */
async function firstTab(t, script) {
  const { portal, profile } = await world(t);
  const context = await profile({ persist: "tab" });
  const page = await context.newPage();
  if (script) await page.addInitScript(script);
  await page.goto(`${portal.origin}/`);
  await page.evaluate(() => opened.then(() => {}));
  /** A new tab, still looking for a session, in which `waited` is settled once silence is not waited for any longer. */
  const begin = async () => {
    const sibling = await context.newPage();
    await sibling.addInitScript(() => {
      const { setTimeout, clearTimeout } = globalThis;
      let silence;
      globalThis.waited = new Promise((over) => {
        globalThis.setTimeout = (work, delay, ...more) => {
          if (delay !== 60) return setTimeout(work, delay, ...more);
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
  return { begin, context, page };
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
