/** Frames of the provider: sign-ins that nobody sees, its session watched, its sign-outs heard. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { inTime } from "../support/time.mjs";
import { calls, leave, signIn, visit, world } from "./support.mjs";

const FRAMES = { frames: true };
const status = (page) => page.evaluate(() => auth.state.status);
const inFrame = (page, options = {}) =>
  page.evaluate((options) => outcome(auth.login({ mode: "frame", ...options })), options);
const framesLeft = (page) => page.evaluate(() => document.querySelectorAll("iframe").length);

test("whoever is signed in at the provider is signed in without a page being left", async (t) => {
  const { op, open, profile } = await world(t, FRAMES);
  const context = await profile({ persist: "memory" });
  await signIn(await open(context));
  const page = await open(context);
  assert.equal(await status(page), "signed-out");
  const before = op.requests.length;
  const { value } = await inFrame(page, { appState: 3 });
  assert.deepEqual([value.user.sub, value.appState, value.replayed], ["alice", 3, false]);
  assert.deepEqual(calls(op, before), ["POST /token"]);
  assert.deepEqual([await framesLeft(page), new URL(page.url()).pathname], [0, "/"]);
  assert.equal(await page.evaluate(() => navigation.entries().length), 1, "nothing to go back to");
  assert.deepEqual(await page.evaluate(() => violations), []);
});

test("where nobody is, the provider's word comes back", async (t) => {
  const { op, open, profile } = await world(t, FRAMES);
  const page = await open(await profile());
  const { code, oauth } = await inFrame(page);
  assert.deepEqual([code, oauth.error], ["authorization_error", "login_required"]);
  assert.equal(op.count("/token"), 0);
  assert.equal(await framesLeft(page), 0);
  assert.deepEqual(await page.evaluate(() => document.cookie), "");
});

test("a provider that shows a page where nobody sees it is not waited for to the end", async (t) => {
  const { open, profile } = await world(t, FRAMES);
  const page = await open(await profile({ timeout: 20 }));
  let shown = 0;
  await page.route(/\/auth\?|\/on$/, (route) => {
    shown += 1;
    // as providers go on that have a script look around first
    const script = shown < 3 ? `<script>location = "/on"</script>` : "";
    return route.fulfill({ contentType: "text/html", body: `<p>Who are you?</p>${script}` });
  });
  const { code, retryable, remedy } = await inTime(inFrame(page), "the end of it", 15_000);
  assert.deepEqual([code, retryable, shown], ["timeout", true, 3]);
  assert.match(remedy, /use redirect/);
  assert.equal(await framesLeft(page), 0);
});

test("a portal that lets nobody in, as soon as it hears of it, keeps nothing", async (t) => {
  const { open, profile } = await world(t, FRAMES);
  for (const persist of ["tab", "device"]) {
    const context = await profile({ persist });
    await signIn(await open(context));
    const page = await open(context);
    await page.evaluate(() => auth.logout({ localOnly: true }));
    await page.evaluate(() => auth.subscribe(({ user }) => user && auth.logout({ localOnly: true })));
    assert.equal((await inFrame(page)).code, "login_required");
    const kept = () => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.endsWith(".session"));
    assert.deepEqual(await page.evaluate(kept), [], persist);
    assert.equal(await status(page), "signed-out");
  }
});

test("a portal that is loaded in a frame is no sign of somebody at the machine", async (t) => {
  const { open, profile } = await world(t, FRAMES);
  for (const persist of ["tab", "device"]) {
    const context = await profile({ persist, idleTimeout: 300 });
    const page = await open(context);
    await signIn(page);
    const active = () => page.evaluate(() => Object.entries(localStorage).find(([key]) => key.endsWith(".active"))[1]);
    const before = await active();
    await context.clearCookies();
    assert.equal((await inFrame(page)).oauth.error, "login_required");
    assert.equal(await active(), before, persist);
    assert.equal(await status(page), "signed-in");
  }
});

test("a provider that will not be framed is waited for no longer than any other", async (t) => {
  const { open, profile } = await world(t, { ...FRAMES, provider: { headers: { "x-frame-options": "DENY" } } });
  const context = await profile({ timeout: 1 });
  await signIn(await open(context));
  // a redirect is followed whatever its headers say; a page is not shown
  const page = await open(context);
  await page.route(/\/auth\?/, (route) => route.fulfill({
    status: 200, contentType: "text/html", headers: { "x-frame-options": "DENY" }, body: "<p>no</p>",
  }));
  const { code, retryable, remedy } = await inFrame(page);
  assert.deepEqual([code, retryable], ["timeout", true]);
  assert.match(remedy, /use redirect/);
  assert.equal(await framesLeft(page), 0);
  const left = await page.evaluate(() => Object.values(localStorage).filter((text) => text.includes("code_verifier")));
  assert.deepEqual(left, []);
});

test("a provider of another site is refused before anything is sent", async (t) => {
  // two names of this machine, of which the browser knows that they have nothing in common
  const flags = ["--host-resolver-rules=MAP portal.test 127.0.0.1", "--unsafely-treat-insecure-origin-as-secure=http://portal.test"];
  for (const host of ["portal.test", "localhost"]) {
    const { op, open, profile } = await world(t, { ...FRAMES, host, flags });
    const page = await open(await profile({ dangerouslyAllowInsecureContext: true }));
    const before = op.requests.length;
    const { code, message, remedy } = await inFrame(page);
    assert.equal(code, "unsupported", host);
    assert.match(message, /mode/);
    assert.match(remedy, /redirect or popup/);
    assert.equal(op.requests.length, before);
    assert.equal(await framesLeft(page), 0);
  }
});

test("nor is one believed whose pages are of another site than its issuer", async (t) => {
  const { op, open, profile } = await world(t, FRAMES);
  // the same machine by a name of which the browser knows that it has nothing in common
  const elsewhere = op.issuer.replace("127.0.0.1", "localhost");
  const context = await profile({ metadata: { authorization_endpoint: `${elsewhere}/auth` } });
  const page = await open(context);
  const { code } = await inFrame(page);
  assert.equal(code, "unsupported");
  assert.equal(op.count("/auth"), 0);
  assert.equal(await framesLeft(page), 0);
  const left = await page.evaluate(() => Object.values(localStorage).filter((text) => text.includes("code_verifier")));
  assert.deepEqual(left, []);
});

test("hosts of one site are told from hosts below one public suffix", async (t) => {
  const flags = ["--host-resolver-rules=MAP * 127.0.0.1"];
  const hosts = [
    ["portal.example.com", "id.example.com", true],
    ["example.com", "id.example.com", true],
    ["a.portal.example.com", "id.example.com", true],
    ["portal.co.uk", "id.co.uk", false],
    ["www.portal.co.uk", "id.portal.co.uk", true],
    ["portal.example.com", "id.example.org", false],
  ];
  for (const [host, theirs, same] of hosts) {
    const { portal, profile } = await world(t, { ...FRAMES, host, flags });
    const page = await (await profile()).newPage();
    await page.goto(`${portal.origin}/portcullis/frame.js`);
    const verdict = await page.evaluate(async (issuer) => {
      const { open } = await import("/portcullis/frame.js");
      try {
        open(issuer).close();
        return true;
      } catch (error) {
        return error;
      }
    }, `http://${theirs}`);
    assert.equal(verdict, same ? true : "unsupported", `${host} and ${theirs}`);
    assert.equal(await page.evaluate(() => document.cookie), "");
  }
});

/** A page that will watch the session of a provider, which says what `context` has as the cookie `op`. */
async function aboutToWatch(t) {
  const { op, portal, open, profile } = await world(t, FRAMES);
  const context = await profile({ persist: "tab", monitorSession: true, metadata: { check_session_iframe: `${op.issuer}/check` } });
  await context.addInitScript(() => {
    const { setInterval } = globalThis;
    globalThis.waited = 0;
    globalThis.setInterval = (work, span) => setInterval(() => ((waited += span), work()), span / 100);
    // the steady clock, which a test may set forward
    globalThis.later = 0;
    const now = performance.now.bind(performance);
    performance.now = () => now() + later;
    globalThis.ended = [];
    globalThis.reasons = () => opened.then((auth) => auth.on("signed-out", ({ reason }) => ended.push(reason)));
  });
  let asked = 0;
  await context.route(`${op.issuer}/check`, (route) => route.fulfill({
    contentType: "text/html",
    body: `<script>addEventListener("message", ({ data, origin, source }) => {
      const says = /op=(\\w+)/.exec(document.cookie)?.[1] ?? "unchanged";
      source.postMessage(data === "spa the-state" && origin === ${JSON.stringify(portal.origin)} ? says : "error", origin);
    });</script>`,
  }).then(() => asked++));
  // this provider says nothing of its session: as if it had
  await context.route(`${op.issuer}/token`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), session_state: "the-state" } });
  });
  const says = (value) => context.addCookies([{ name: "op", value, url: op.issuer }]);
  return { op, context, page: await open(context), says, asked: () => asked };
}

/** The same, signed in and watching. */
async function watching(t) {
  const world = await aboutToWatch(t);
  await signIn(world.page);
  await world.page.waitForFunction(() => document.querySelector("iframe"));
  await world.page.evaluate(() => reasons());
  return world;
}

test("a change leads to one silent sign-in, and whoever is still there stays", async (t) => {
  const { op, page, says } = await watching(t);
  const before = op.requests.length;
  // the sign-in of before is told, too, and no other
  await page.evaluate(() => {
    globalThis.told = [];
    for (const event of ["signed-in", "refreshed"]) auth.on(event, () => told.push(event));
  });
  await says("changed");
  await page.waitForFunction(() => told.length === 2);
  await says("unchanged");
  assert.deepEqual(await page.evaluate(() => told), ["signed-in", "refreshed"]);
  assert.equal(await status(page), "signed-in");
  assert.ok(calls(op, before).includes("POST /token"));
});

test("a provider that always says that something has changed is asked less and less", async (t) => {
  const { op, page, says } = await watching(t);
  const signIns = () => op.count("/token");
  /** Waits for as long as it would take to be asked many times. */
  const wait = () => page.evaluate(() => (waited = 0)).then(() => page.waitForFunction(() => waited > 100_000));
  /** So many sign-ins come, as soon as a busy machine makes them, and no more. */
  const comesTo = async (count, why) => {
    const come = async () => {
      while (signIns() < count) await wait();
    };
    await inTime(come(), `sign-in ${count}`);
    await wait();
    assert.equal(signIns(), count, why);
  };
  await says("changed");
  await comesTo(3);
  await page.evaluate(() => (later += 21_000));
  await comesTo(4);
  await page.evaluate(() => (later += 21_000));
  await comesTo(4, "twice as long");
  await page.evaluate(() => (later += 21_000));
  await comesTo(5);
  // what changes no more is trusted again
  await says("unchanged");
  await page.evaluate(() => {
    later += 3_600_000;
    addEventListener("message", ({ data }) => (globalThis.heard = data));
  });
  await page.waitForFunction(() => globalThis.heard === "unchanged");
  await says("changed");
  await comesTo(7);
  assert.equal(await status(page), "signed-in");
});

test("a session that is over at the provider is over here", async (t) => {
  const { op, context, page, says } = await watching(t);
  await context.clearCookies();
  await says("changed");
  await page.waitForFunction(() => ended.length);
  assert.deepEqual(await page.evaluate(() => ended), ["provider"]);
  assert.equal(await status(page), "signed-out");
  assert.equal(await framesLeft(page), 0);
  assert.equal(op.count("/token"), 1);
});

test("a frame that cannot tell is asked no more", async (t) => {
  const { op, page, says, asked } = await watching(t);
  const before = op.requests.length;
  await says("error");
  await page.waitForFunction(() => !document.querySelector("iframe"));
  const loaded = asked();
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await page.evaluate(() => auth.getAccessToken());
  assert.equal(await status(page), "signed-in");
  assert.deepEqual([asked(), op.requests.length], [loaded, before]);
});

test("a frame that did not come, for want of a provider, is looked for again", async (t) => {
  const { op, context, page, says } = await aboutToWatch(t);
  let failures = 2;
  await context.route(`${op.issuer}/check`, (route) => (failures-- > 0 ? route.fulfill({ status: 503, body: "" }) : route.fallback()));
  await says("changed");
  await signIn(page);
  // the sign-in of before, and the look that only a frame leads to
  const deadline = Date.now() + 20_000;
  while (op.count("/token") < 2 && Date.now() < deadline) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.ok(failures < 0);
  assert.ok(op.count("/token") >= 2, "the provider's frame was never heard");
});

test("a client that is disposed of while it sets out to watch leaves nothing behind", async (t) => {
  const { context, page } = await aboutToWatch(t);
  let goOn;
  const held = new Promise((resolve) => (goOn = resolve));
  let begun;
  const loading = new Promise((resolve) => (begun = resolve));
  await context.route("**/frame.js", async (route) => {
    begun();
    await held;
    await route.continue();
  });
  await signIn(page);
  await loading;
  await page.evaluate(() => auth.dispose());
  goOn();
  // whoever asked for it first goes on first
  await page.evaluate(() => import("/portcullis/frame.js").then(() => {}));
  assert.equal(await framesLeft(page), 0);
});

test("what is started anew watches anew", async (t) => {
  const { op, portal, profile } = await world(t, FRAMES);
  const page = await (await profile()).newPage();
  await page.goto(`${portal.origin}/`);
  const frames = await page.evaluate(async (url) => {
    const { watch } = await import("/portcullis/frame.js");
    const host = {};
    return [1, 2].map(() => {
      const control = new AbortController();
      host.gone = control.signal;
      watch(host, url, "spa the-state");
      const watching = document.querySelectorAll("iframe").length;
      control.abort();
      return [watching, document.querySelectorAll("iframe").length];
    });
  }, `${op.issuer}/check`);
  assert.deepEqual(frames, [[1, 0], [1, 0]]);
});

test("what strangers say about the session is not heard", async (t) => {
  const { op, page } = await watching(t);
  const before = op.requests.length;
  await page.evaluate(async () => {
    for (const data of ["changed", "error"]) {
      postMessage(data, "*");
      const frame = document.createElement("iframe");
      frame.src = "/portcullis/portcullis.wasm";
      document.body.append(frame);
      dispatchEvent(new MessageEvent("message", { data, origin: settings.issuer, source: frame.contentWindow }));
      frame.remove();
    }
    await new Promise((resolve) => { onmessage = resolve; postMessage(0, "*"); });
  });
  assert.equal(await framesLeft(page), 1, "still watched");
  assert.equal(op.requests.length, before);
});

test("the provider's frame ends the session in every tab", async (t) => {
  const { op, portal, open, profile } = await world(t, {
    ...FRAMES,
    // this provider has no front channel, but names its session for back-channel logout
    provider: { backchannel: true },
  });
  for (const persist of ["memory", "tab", "device"]) {
    const context = await profile({ persist });
    const page = await open(context);
    await signIn(page);
    const sid = await page.evaluate(() => auth.user.sid);
    assert.ok(sid);
    const url = (iss, sid) => `${portal.origin}/logout?${new URLSearchParams({ iss, sid })}`;
    const before = op.requests.length;
    /** What the page in a frame of the provider's comes to. */
    const told = async (iss, sid) => {
      const frame = await page.evaluateHandle((src) => {
        const frame = Object.assign(document.createElement("iframe"), { src });
        document.body.append(frame);
        return frame;
      }, url(iss, sid));
      const inside = await frame.asElement().contentFrame();
      await inside.waitForFunction(() => globalThis.auth);
      return inside.evaluate(() => auth.handleFrontChannelLogout());
    };
    assert.equal(await told("https://evil.test", sid), false);
    assert.equal(await told(op.issuer, "another"), true);
    assert.equal(await status(page), "signed-in", persist);
    assert.equal(await told(op.issuer, sid), true);
    await page.waitForFunction(() => auth.state.status === "signed-out");
    assert.equal(op.requests.length, before);
  }
});

test("a sign-in that the provider initiates comes back to its target", async (t) => {
  const { op, portal, open, profile } = await world(t);
  const page = await open(await profile());
  const target = `${portal.origin}/desk?day=1#noon`;
  const start = `${portal.origin}/start?${new URLSearchParams({ iss: op.issuer, login_hint: "bob", target_link_uri: target })}`;
  await visit(page, start);
  await leave(page, () => void auth.handleInitiatedLogin());
  await page.waitForURL((url) => url.pathname === "/cb");
  const { value } = await page.evaluate(() => finished);
  assert.deepEqual([value.user.sub, value.returnTo], ["bob", "/desk?day=1#noon"]);

  await visit(page, start.replace(encodeURIComponent(op.issuer), encodeURIComponent("https://evil.test")));
  const { code } = await page.evaluate(() => outcome(auth.handleInitiatedLogin()));
  assert.equal(code, "initiate_iss");
});
