/** A sign-in in a window of its own, with a provider that cuts every tie to it and one that does not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, world } from "./support.mjs";

/** Begins a sign-in in a popup; returns the popup and, later, what the call came to. */
async function open(page, options = {}) {
  const opened = page.waitForEvent("popup");
  await page.evaluate((options) => {
    globalThis.signedIn = outcome(auth.login({ mode: "popup", ...options }));
  }, options);
  return opened;
}

for (const [what, severed] of [["keeps", false], ["cuts", true]]) {
  test(`the page that asked is signed in, where the provider ${what} the tie to the window`, async (t) => {
    const { op, open: visit, profile } = await world(t, {
      provider: severed ? { headers: { "cross-origin-opener-policy": "same-origin" } } : {},
    });
    const context = await profile({ persist: "memory" });
    // as in a browser with a person before it: the focus is in the window that opened last
    await context.addInitScript(() => (document.hasFocus = () => globalThis.opener !== null));
    const page = await visit(context);
    const popup = await open(page, { returnTo: "/desk?day=1#noon", appState: { draft: 3 } });
    const closed = popup.waitForEvent("close");

    const { value } = await page.evaluate(() => signedIn);
    assert.equal(value.user.sub, "alice");
    assert.deepEqual([value.returnTo, value.appState, value.replayed], ["/desk?day=1#noon", { draft: 3 }, false]);
    assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
    assert.equal(new URL(page.url()).pathname, "/", "the page stays where it is");
    assert.equal(op.count("/token"), 1);
    await closed;
  });
}

test("a window that the user closes ends the sign-in", async (t) => {
  const { op, open: visit, profile } = await world(t, { provider: { interactive: true } });
  const page = await visit(await profile());
  const before = op.requests.length;
  const popup = await open(page);
  await popup.waitForURL((url) => url.pathname.startsWith("/interaction"));
  await popup.close();
  const { code, retryable } = await page.evaluate(() => signedIn);
  assert.deepEqual([code, retryable], ["popup_closed", true]);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
  const left = await page.evaluate(() => Object.values(localStorage).filter((text) => text.includes("code_verifier")));
  assert.deepEqual(left, [], "no verifier is left behind");
  assert.ok(!calls(op, before).includes("POST /token"));
});

test("a signal ends the sign-in and closes the window", async (t) => {
  const { open: visit, profile } = await world(t, { provider: { interactive: true } });
  const page = await visit(await profile());
  const opened = page.waitForEvent("popup");
  await page.evaluate(() => {
    globalThis.control = new AbortController();
    globalThis.signedIn = outcome(auth.login({ mode: "popup", signal: control.signal }));
  });
  const popup = await opened;
  await popup.waitForURL((url) => url.pathname.startsWith("/interaction"));
  const closed = popup.waitForEvent("close");
  await page.evaluate(() => control.abort());
  assert.equal((await page.evaluate(() => signedIn)).code, "aborted");
  await closed;
});

test("a window that the browser forbids is a code of its own, and nothing was sent", async (t) => {
  const { op, open: visit, profile } = await world(t);
  const page = await visit(await profile());
  const error = await page.evaluate(() => {
    globalThis.open = () => null;
    return outcome(auth.login({ mode: "popup" }));
  });
  assert.equal(error.code, "popup_blocked");
  assert.deepEqual(calls(op), []);
});

test("a window whose opener has gone becomes the portal", async (t) => {
  const { op, open: visit, profile } = await world(t);
  const page = await visit(await profile());
  // the way back is held up until the opener has gone
  let goOn;
  const gone = new Promise((resolve) => (goOn = resolve));
  op.hold = (path) => (path.startsWith("/interaction") ? gone : undefined);
  const asked = page.context().waitForEvent("request", (request) => request.url().includes("/auth?"));
  const popup = await open(page, { returnTo: "/desk" });
  await asked;
  await page.close();
  goOn();
  await popup.waitForURL((url) => url.pathname === "/cb");
  const { value } = await popup.evaluate(() => finished);
  assert.deepEqual([value.user.sub, value.returnTo], ["alice", "/desk"]);
});

test("a client that is disposed of takes its window along", async (t) => {
  const { op, open: visit, profile } = await world(t, { provider: { interactive: true } });
  const page = await visit(await profile());
  const popup = await open(page);
  await popup.waitForURL((url) => url.pathname.startsWith("/interaction"));
  const closed = popup.waitForEvent("close");
  await page.evaluate(() => auth.dispose());
  await closed;
  assert.equal((await page.evaluate(() => signedIn)).code, "disposed");
  assert.equal(op.count("/token"), 0);
});

for (const [what, giveUp, code] of [
  ["its signal ends it", () => control.abort(), "aborted"],
  ["its client is disposed of", () => auth.dispose(), "disposed"],
]) {
  test(`a page is not left for a sign-in once ${what}`, async (t) => {
    const { op, open: visit, profile } = await world(t);
    const page = await visit(await profile());
    let goOn;
    const answered = new Promise((resolve) => (goOn = resolve));
    const asked = new Promise((resolve) => {
      op.hold = (path) => path.endsWith("/openid-configuration") && (resolve(), answered);
    });
    await page.evaluate(() => {
      globalThis.control = new AbortController();
      globalThis.signedIn = outcome(auth.login({ signal: control.signal }));
    });
    await asked;
    await page.evaluate(giveUp);
    assert.equal((await page.evaluate(() => signedIn)).code, code);
    const keys = page.waitForResponse(op.issuer + "/.well-known/openid-configuration");
    goOn();
    await keys;
    // whatever it would have gone on with, it would have by the time of another answer
    await page.evaluate((url) => fetch(url, { mode: "no-cors" }), op.issuer + "/jwks");
    assert.equal(op.count("/auth"), 0);
    assert.equal(new URL(page.url()).pathname, "/");
  });
}
