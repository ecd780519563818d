/** Strict policies, and browsers without WebAssembly. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, leave, signIn, visit, world } from "./support.mjs";

/** A whole life in one page: sign-in, API call, refresh, reload, logout. Returns the scripts loaded and the policy's complaints. */
async function wholeLife(t, options) {
  const { op, open, profile, portal } = await world(t, options);
  const page = await open(await profile({ apiOrigins: [op.issuer] }));
  const scripts = [];
  const errors = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname);
  });
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));

  const { value, code } = await signIn(page);
  assert.equal(value?.user.sub, "alice", code);
  const answer = await page.evaluate((url) => auth.fetch(url).then((response) => response.json()), `${op.api}/me`);
  assert.equal(answer.sub, "alice");
  await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  const violations = await page.evaluate(() => violations);
  await visit(page, `${portal.origin}/`);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
  await leave(page, () => void auth.logout());
  await page.waitForURL((url) => url.origin === portal.origin);
  assert.equal(await page.evaluate(() => opened.then((auth) => auth.state.status)), "signed-out");
  assert.ok(calls(op).includes("POST /token"));
  return { scripts, errors, violations };
}

const fallback = (scripts) => scripts.filter((path) => /core-js/.test(path));

test("a strict policy is not violated once", async (t) => {
  const { scripts, errors, violations } = await wholeLife(t);
  assert.deepEqual(violations, []);
  assert.deepEqual(errors, []);
  assert.deepEqual(fallback(scripts), [], "the JavaScript core is not loaded where WebAssembly works");
  assert.deepEqual(scripts.filter((path) => /texts/.test(path)), [], "nor are words where nothing goes wrong");
});

test("a policy that forbids WebAssembly: the JavaScript core signs in", async (t) => {
  const { scripts, violations } = await wholeLife(t, { scripts: "script-src 'self'" });
  assert.ok(fallback(scripts).length > 0);
  // One per page: finding out costs a violation.
  assert.deepEqual(violations, ["script-src wasm-eval"]);
});

test("a browser without WebAssembly: the JavaScript core signs in", async (t) => {
  const { scripts, errors, violations } = await wholeLife(t, { flags: ["--js-flags=--jitless"] });
  assert.ok(fallback(scripts).length > 0);
  assert.deepEqual(violations, []);
  assert.deepEqual(errors, []);
});

test("no frame, no worker and no blob: in a whole life, and third-party cookies are not missed", async (t) => {
  const { open, profile } = await world(t, { flags: ["--test-third-party-cookie-phaseout"] });
  const context = await profile({ persist: "tab" });
  await context.addInitScript(() => {
    globalThis.made = [];
    const note = (name) => (...what) => (made.push(name), Reflect.construct(Object, what));
    for (const name of ["Worker", "SharedWorker"]) globalThis[name] = note(name);
    URL.createObjectURL = note("blob:");
    Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => void made.push("service worker") });
    const { createElement } = document;
    document.createElement = function (tag, ...more) {
      if (/frame|object|embed/i.test(tag)) made.push(tag);
      return createElement.call(this, tag, ...more);
    };
  });
  const page = await open(context);
  await signIn(page);
  await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  const sibling = await open(context);
  assert.equal(await sibling.evaluate(() => auth.user?.sub), "alice");
  const made = await page.evaluate(() => made);
  await leave(page, () => void auth.logout());
  assert.deepEqual([...made, ...(await sibling.evaluate(() => made))], []);
  assert.equal(page.frames().length, 1);
});

test("a page where nothing happens has no timer, so that frameworks which wait for one come to rest", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile({ persist: "device" });
  await context.addInitScript(() => {
    const { setTimeout: begin, clearTimeout: end } = globalThis;
    globalThis.timers = new Set();
    globalThis.setInterval = () => timers.add("interval");
    globalThis.setTimeout = (work, ...more) => {
      const id = begin(() => (timers.delete(id), work()), ...more);
      timers.add(id);
      return id;
    };
    globalThis.clearTimeout = (id) => (timers.delete(id), end(id));
  });
  const page = await open(context);
  await signIn(page);
  await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  // what is still under way ends by itself: the turn, the late half
  await page.waitForFunction(() => timers.size === 0);
  let renders = 0;
  await page.exposeFunction("rendered", () => renders++);
  await page.evaluate(() => auth.subscribe(() => rendered()));
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  assert.equal(renders, 0);
  assert.equal(await page.evaluate(() => timers.size), 0);
});

const THROWING = {
  "a channel cannot be opened": () => {
    globalThis.BroadcastChannel = class {
      constructor() { throw new DOMException("The operation is insecure.", "SecurityError"); }
    };
  },
  "a channel takes no message": () => {
    BroadcastChannel.prototype.postMessage = () => { throw new DOMException("closed", "InvalidStateError"); };
  },
  "the address was changed too often": () => {
    History.prototype.replaceState = () => { throw new DOMException("Too many calls", "SecurityError"); };
  },
};

for (const [where, make] of Object.entries(THROWING)) {
  test(`where ${where}, people sign in all the same`, async (t) => {
    const { open, profile } = await world(t);
    const context = await profile();
    await context.addInitScript(make);
    const page = await open(context);
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    assert.equal(await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }).then(() => auth.state.status)), "signed-in");
    assert.deepEqual(await page.evaluate(() => auth.logout({ localOnly: true }).then(() => auth.state.status)), "signed-out");
  });
}

test("a window that cannot be opened is one that the browser blocks", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile();
  await context.addInitScript(() => (globalThis.open = () => { throw new DOMException("", "InvalidAccessError"); }));
  const page = await open(context);
  assert.equal(await page.evaluate(() => outcome(auth.login({ mode: "popup" })).then(({ code }) => code)), "popup_blocked");
});
