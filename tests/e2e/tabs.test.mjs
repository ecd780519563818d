/** Several tabs of one portal: one session, one refresh, one sign-out. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, leave, signIn, visit, world } from "./support.mjs";

const MANY = 50;

/** Tabs of one profile that share a session, the first of which signed in. */
async function tabs(t, count, options) {
  const { op, open, profile } = await world(t, options);
  const context = await profile({ persist: "device" });
  const first = await open(context);
  await signIn(first);
  const others = await Promise.all(Array.from({ length: count - 1 }, () => open(context)));
  return { op, context, open, pages: [first, ...others] };
}

/** A provider whose access tokens have all but expired when they are issued. */
const BRIEF = { provider: { accessTokenTtl: 1 } };

/** A token that no tab has yet, asked for by every page at once; the provider's are longer-lived now. */
const askAll = (op, pages) => {
  op.accessTokenTtl = 300;
  return Promise.all(pages.map((page) => page.evaluate(async () => {
    const { value, code } = await outcome(auth.getAccessToken());
    return { value, code, got: performance.timeOrigin + performance.now() };
  })));
};

test(`${MANY} tabs that wake at once make one refresh, and nobody is signed out`, async (t) => {
  const { op, pages } = await tabs(t, MANY, BRIEF);
  const before = op.requests.length;
  const outcomes = await askAll(op, pages);
  assert.deepEqual(calls(op, before), ["POST /token"]);
  assert.equal(new Set(outcomes.map(({ value }) => value)).size, 1);
  assert.ok(outcomes[0].value);
  const { answeredAt } = op.requests.findLast(({ method, path }) => method === "POST" && path === "/token");
  const slowest = Math.max(...outcomes.map(({ got }) => got)) - answeredAt;
  t.diagnostic(`${MANY} tabs, 1 refresh; the slowest had its token ${Math.round(slowest)} ms after the answer`);
  for (const page of pages) assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
});

test("no tab sees less than the last one wrote: a spent refresh token is never used again", async (t) => {
  const { op, pages } = await tabs(t, 4);
  // a token used twice ends the sign-in at this provider, for every tab
  const outcomes = await Promise.all(pages.map((page) => page.evaluate(async () => {
    const codes = [];
    for (let i = 0; i < 15; i++) codes.push((await outcome(auth.getAccessToken({ forceRefresh: true }))).code);
    return codes.filter(Boolean);
  })));
  assert.deepEqual(outcomes.flat(), []);
  for (const page of pages) assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
  const refused = op.requests.filter(({ path, status }) => path === "/token" && status !== 200);
  assert.deepEqual(refused, []);
});

/** Like a browser that lets a hidden page's timers wait, for ever. */
const hide = () => {
  Object.defineProperty(document, "hidden", { value: true });
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (work, delay = 0, ...rest) => (delay < 5000 ? 0 : setTimeout(work, delay, ...rest));
};

const withoutLocks = () => Object.defineProperty(Navigator.prototype, "locks", { value: undefined });

test("tabs that are hidden, and have no timers for a while, hold up nobody", async (t) => {
  const { op, open, profile } = await world(t, BRIEF);
  const context = await profile({ persist: "device" });
  await context.addInitScript(hide);
  const pages = [await open(context)];
  await signIn(pages[0]);
  pages.push(...await Promise.all([1, 2, 3].map(() => open(context))));
  const before = op.requests.length;
  const outcomes = await askAll(op, pages);
  assert.deepEqual(calls(op, before), ["POST /token"]);
  assert.deepEqual([new Set(outcomes.map(({ value }) => value)).size, outcomes[0].code], [1, undefined]);
  const { answeredAt } = op.requests.at(-1);
  for (const { got } of outcomes) assert.ok(got - answeredAt < 5000, "nobody waited for another's turn to lapse");
});

test("nor does a hidden tab with a lease", async (t) => {
  const { op, open, profile } = await world(t, BRIEF);
  const context = await profile({ persist: "device" });
  await context.addInitScript(withoutLocks);
  await context.addInitScript(hide);
  const page = await open(context);
  await signIn(page);
  const [{ value, code }] = await askAll(op, [page]);
  assert.ok(value, code);
});

test("nor does the file that makes leases, if it never comes", async (t) => {
  const { op, open, profile } = await world(t, BRIEF);
  const context = await profile({ persist: "device" });
  await context.addInitScript(withoutLocks);
  await context.route("**/portcullis/lease.js", () => {}); // no answer
  const page = await open(context);
  await signIn(page);
  const [{ value, code }] = await askAll(op, [page]);
  assert.ok(value, code);
});

for (const [where, make] of [
  ["there are no locks, a lease does the same", withoutLocks],
  ["AbortSignal has no timeout, locks do the same", () => delete AbortSignal.timeout],
]) {
  test(`where ${where}`, async (t) => {
    const { op, open, profile } = await world(t, BRIEF);
    const context = await profile({ persist: "device" });
    await context.addInitScript(make);
    const pages = [await open(context)];
    await signIn(pages[0]);
    pages.push(...await Promise.all([1, 2, 3, 4].map(() => open(context))));
    const before = op.requests.length;
    const outcomes = await askAll(op, pages);
    assert.deepEqual(calls(op, before), ["POST /token"]);
    assert.equal(new Set(outcomes.map(({ value }) => value)).size, 1);
    const left = await pages[0].evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith(".lease")));
    assert.deepEqual(left, []);
  });
}

test("a tab that dies while it refreshes hands on its turn", async (t) => {
  const { op, pages: [dying, waiting] } = await tabs(t, 2);
  let held = 0;
  let goOn;
  const gone = new Promise((resolve) => (goOn = resolve));
  const reached = new Promise((resolve) => {
    op.hold = (path) => {
      if (path !== "/token" || held++) return undefined;
      resolve();
      return gone;
    };
  });
  await dying.evaluate(() => void auth.getAccessToken({ minValidity: 86_400 }).catch(() => {}));
  await reached;
  const token = waiting.evaluate(() => outcome(auth.getAccessToken({ minValidity: 86_400 })));
  await dying.close();
  const { value, code } = await token;
  goOn();
  assert.ok(value, code);
  assert.equal(held, 2);
});

test("tab: a new tab takes over the session of an open one, without a request", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile({ persist: "tab" });
  const page = await open(context);
  await signIn(page);
  const before = op.requests.length;
  const sibling = await open(context);
  assert.equal(await sibling.evaluate(() => auth.user?.sub), "alice");
  assert.deepEqual(calls(op, before), []);
  await Promise.all([page.close(), sibling.close()]);
  assert.equal(await (await open(context)).evaluate(() => auth.state.status), "signed-out", "the last tab took it along");
});

test("tab: copies of a session refresh once, also that of a duplicated tab", async (t) => {
  const { op, open, profile } = await world(t, BRIEF);
  const context = await profile({ persist: "tab" });
  const pages = [await open(context)];
  await signIn(pages[0]);
  pages.push(await open(context), await open(context));
  const opened = pages[0].waitForEvent("popup");
  await pages[0].evaluate(() => void open(location.origin)); // its sessionStorage is copied
  const copy = await opened;
  await copy.waitForFunction(() => globalThis.auth);
  pages.push(copy);
  const before = op.requests.length;
  const outcomes = await askAll(op, pages);
  assert.deepEqual(calls(op, before), ["POST /token"]);
  assert.equal(new Set(outcomes.map(({ value }) => value)).size, 1);
  assert.ok(outcomes[0].value);
});

test("tab: what goes from tab to tab can be read by nobody else", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile({ persist: "tab" });
  await context.addInitScript(() => {
    globalThis.heard = [];
    const name = () => Object.keys(sessionStorage).find((key) => key.endsWith(".session"));
    globalThis.listen = () => {
      globalThis.ear = new BroadcastChannel(name());
      ear.onmessage = ({ data }) => heard.push(data);
    };
  });
  const page = await open(context);
  await signIn(page);
  const token = await page.evaluate(() => (listen(), auth.getAccessToken()));
  await open(context);
  const seen = await page.evaluate(() => heard.map((data) => data && {
    members: Object.keys(data),
    keyTypes: Object.values(data).filter((value) => value instanceof CryptoKey).map(({ type }) => type),
    text: JSON.stringify(data) + (data.sealed ? String.fromCharCode(...new Uint8Array(data.sealed)) : ""),
  }));
  assert.ok(seen.some((data) => data?.members.includes("asks")));
  assert.ok(seen.some((data) => data?.members.includes("sealed")));
  for (const data of seen.filter(Boolean)) {
    assert.ok(data.keyTypes.every((type) => type === "public"));
    assert.ok(!data.text.includes(token));
  }
});

test("two tabs that come back with one callback redeem it once", async (t) => {
  const { op, open, profile } = await world(t);
  const context = await profile({ persist: "device" });
  const pages = [await open(context), await open(context)];
  for (let round = 0; round < 5; round++) {
    const asked = await pages[0].evaluate(async () => {
      const { createAuth } = await import("/portcullis/index.js");
      return new Promise((navigate) => {
        createAuth({ ...settings, host: { navigate } }).then((auth) => void auth.login());
      });
    });
    const url = (await context.request.get(asked)).url();
    assert.match(url, /[?&]code=/);
    const before = op.requests.length;
    const outcomes = await Promise.all(pages.map((page) => page.evaluate((url) => outcome(auth.handleCallback(url)), url)));
    assert.equal(calls(op, before).filter((call) => call === "POST /token").length, 1);
    assert.ok(outcomes.some(({ value }) => value?.user.sub === "alice"));
    for (const { value, code } of outcomes) assert.ok(value || code === "callback_state_unknown", code);
  }
});

test("a sign-in reaches a tab that is open", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile({ persist: "device" });
  const waiting = await open(context);
  await waiting.evaluate(() => {
    globalThis.signedIn = new Promise((resolve) => auth.on("signed-in", resolve));
  });
  await signIn(await open(context));
  assert.equal((await waiting.evaluate(() => signedIn)).user.sub, "alice");
  assert.equal(await waiting.evaluate(() => auth.state.status), "signed-in");
});

for (const persist of ["device", "tab", "memory"]) {
  test(`${persist}: a sign-out reaches the other tabs`, async (t) => {
    const { open, profile } = await world(t);
    const context = await profile({ persist });
    const [first, second] = [await open(context), await open(context)];
    await signIn(first);
    await signIn(second);
    await second.evaluate(() => {
      globalThis.ended = new Promise((resolve) => auth.on("signed-out", resolve));
    });
    await leave(first, () => void auth.logout());
    assert.deepEqual(await second.evaluate(() => ended), { reason: "other-tab" });
    assert.equal(await second.evaluate(() => auth.state.status), "signed-out");
  });
}

test("what a message tells of may be seen later than the message: it is seen all the same", async (t) => {
  const { op, context, open, pages: [page] } = await tabs(t, 1);
  // a tab to which the storage shows nothing of the others, nor tells of it, before `show()`
  await context.addInitScript(() => {
    const shown = new Map();
    const late = [];
    let [isTold, isShown] = [false, false];
    globalThis.looked = new Promise((resolve) => (globalThis.look = resolve));
    globalThis.BroadcastChannel = class extends BroadcastChannel {
      constructor(name) {
        super(name);
        this.addEventListener("message", () => (isTold = true));
      }
    };
    addEventListener("storage", (event) => {
      if (isShown) return shown.set(event.key, event.newValue);
      event.stopImmediatePropagation();
      return late.push(event);
    });
    globalThis.show = () => {
      isShown = true;
      for (const { key, newValue } of late) dispatchEvent(new StorageEvent("storage", { key, newValue }));
    };
    const { getItem } = Storage.prototype;
    Storage.prototype.getItem = function (key) {
      if (this !== localStorage || !key.endsWith(".session")) return getItem.call(this, key);
      if (!shown.has(key)) shown.set(key, getItem.call(this, key));
      if (isTold) globalThis.look();
      return shown.get(key);
    };
  });
  const other = await open(context);
  await other.evaluate(() => void auth.on("refreshed", () => (globalThis.heard = true)));
  const token = await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  await other.evaluate(() => looked);
  await other.evaluate(() => show());
  await other.waitForFunction(() => globalThis.heard);
  const before = op.requests.length;
  assert.equal(await other.evaluate(() => auth.getAccessToken()), token);
  assert.equal(op.requests.length, before);
});

/** A tab that sees what the others write a good while after they wrote it, and is heard as late. */
const lag = () => {
  const LATE = 400;
  const { getItem, setItem } = Storage.prototype;
  const shown = new Map(Object.entries(localStorage).map(([key, text]) => [key, { text }]));
  Storage.prototype.getItem = function (key) {
    const real = getItem.call(this, key);
    if (this !== localStorage) return real;
    if (!shown.has(key)) shown.set(key, { text: null });
    const seen = shown.get(key);
    if (seen.text === real) seen.since = undefined;
    else if (performance.now() >= (seen.since ??= performance.now()) + LATE) seen.text = real;
    return seen.text;
  };
  Storage.prototype.setItem = function (key, text) {
    setItem.call(this, key, text);
    if (this === localStorage) shown.set(key, { text });
  };
  const { postMessage } = BroadcastChannel.prototype;
  BroadcastChannel.prototype.postMessage = function (message) {
    const say = () => {
      try {
        postMessage.call(this, message);
      } catch {
        // nobody listens any more
      }
    };
    setTimeout(say, LATE);
  };
};

for (const persist of ["device", "tab"]) {
  test(`${persist}: a tab whose turn comes before it can see what was written waits for that`, async (t) => {
    const { op, open, profile } = await world(t, BRIEF);
    const context = await profile({ persist });
    const first = await open(context);
    await signIn(first);
    const pages = [first, await open(context), await open(context)];
    await context.addInitScript(lag);
    for (const page of pages) await visit(page, page.url());
    const before = op.requests.length;
    const outcomes = await askAll(op, pages);
    assert.deepEqual(calls(op, before), ["POST /token"]);
    assert.equal(new Set(outcomes.map(({ value }) => value)).size, 1);
    assert.ok(outcomes[0].value);
  });
}

test("no message between tabs carries anything", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile({ persist: "device" });
  await context.addInitScript(() => {
    const { postMessage } = BroadcastChannel.prototype;
    globalThis.messages = [];
    BroadcastChannel.prototype.postMessage = function (message) {
      messages.push(message);
      postMessage.call(this, message);
    };
  });
  const page = await open(context);
  await signIn(page);
  await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  await page.evaluate(() => auth.logout({ localOnly: true }));
  const messages = await page.evaluate(() => messages);
  assert.ok(messages.length >= 3);
  assert.deepEqual(new Set(messages), new Set([0]));
});

test("offline through the whole renewal, and back", async (t) => {
  const { op, context, pages: [page, other] } = await tabs(t, 2, { provider: { accessTokenTtl: 1 } });
  await context.setOffline(true);
  const offline = await page.evaluate(() => outcome(auth.getAccessToken({ minValidity: 86_400 })));
  assert.deepEqual([offline.code, offline.retryable], ["network", true]);
  assert.equal(await page.evaluate(() => auth.state.status), "stale");
  assert.equal(await page.evaluate(() => auth.user.sub), "alice", "nobody is signed out");
  op.accessTokenTtl = 300;
  const before = op.requests.length;
  await page.evaluate(() => {
    globalThis.back = new Promise((resolve) => auth.subscribe(({ status }) => status === "signed-in" && resolve()));
  });
  await context.setOffline(false);
  await page.evaluate(() => back);
  assert.deepEqual(calls(op, before), ["POST /token"]);
  assert.equal(await other.evaluate(() => auth.getAccessToken()), await page.evaluate(() => auth.getAccessToken()));
});
