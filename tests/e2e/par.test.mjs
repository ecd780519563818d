/** Requests that are pushed before the page is left (RFC 9126), alone and with bound tokens, and what it takes to load for them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { calls, signIn, visit, world } from "./support.mjs";

const PUSHED = {
  client: { require_pushed_authorization_requests: true },
  features: { pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } },
};
const BOTH = { ...PUSHED, client: { ...PUSHED.client, dpop_bound_access_tokens: true } };

/** A page that has yet to sign in, and the names of what is in every URL that it, or a popup of its, is left for. */
async function portal(t, { settings, ...options } = {}) {
  const all = await world(t, { provider: BOTH, ...options });
  const context = await all.profile({ par: true, dpop: true, apiOrigins: [all.op.issuer], ...settings });
  const queries = [];
  const errors = [];
  context.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/auth") queries.push([...searchParams.keys()].sort());
  });
  context.on("weberror", (error) => errors.push(String(error.error())));
  return { ...all, context, errors, queries, page: await all.open(context) };
}

const get = (page, url) => page.evaluate((url) => outcome(auth.fetch(url).then((response) => response.status)), url);
/** Sign-ins that still could be completed. */
const pending = (page) => page.evaluate(() => Object.values(localStorage).filter((text) => text.includes("code_verifier")).length);

for (const [what, settings, provider] of [["alone", { dpop: false }, PUSHED], ["with bound tokens", {}, BOTH]]) {
  test(`the URL that the page is left for holds a reference and no more: ${what}`, async (t) => {
    const { op, page, queries } = await portal(t, { settings, provider });
    const { value, code } = await signIn(page, { loginHint: "bob", returnTo: "/desk" });
    assert.equal(value?.user.sub, "bob", code);
    assert.equal(value.returnTo, "/desk");
    assert.deepEqual(queries, [["client_id", "request_uri"]]);
    assert.equal(op.count("/request"), 1);
    assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
    assert.deepEqual(await page.evaluate(() => violations), []);
  });
}

test("where requests must be pushed, and are not, the page is not left", async (t) => {
  const { op, page, queries } = await portal(t, { settings: { par: false } });
  const { code } = await page.evaluate(() => outcome(auth.login()));
  assert.equal(code, "par_required");
  assert.deepEqual(queries, []);
  assert.deepEqual(calls(op), ["GET /.well-known/openid-configuration"]);
  assert.equal(await pending(page), 0);
});

test("a request that is refused is told in the provider's words, and the page is not left", async (t) => {
  const { page, queries } = await portal(t, { settings: { resource: "https://nowhere.test/" } });
  const { code, oauth, status } = await page.evaluate(() => outcome(auth.login()));
  assert.deepEqual([code, status, oauth?.error], ["par_http", 400, "invalid_target"]);
  assert.deepEqual(queries, []);
  assert.equal(await pending(page), 0);
});

test("a popup opens on the click, before anything is pushed", async (t) => {
  const { op, context, page, queries } = await portal(t);
  await page.evaluate(() => {
    const button = document.body.appendChild(document.createElement("button"));
    button.onclick = () => {
      globalThis.isOpen = false;
      const { open } = globalThis;
      globalThis.open = (...place) => (globalThis.isOpen = navigator.userActivation.isActive, open(...place));
      globalThis.signedIn = outcome(auth.login({ mode: "popup" }));
      globalThis.isOpenAtOnce = isOpen;
    };
  });
  const opened = context.waitForEvent("page");
  await page.click("button");
  const popup = await opened;
  const closed = popup.isClosed() || popup.waitForEvent("close");
  const { value, code } = await page.evaluate(() => signedIn);
  assert.equal(value?.user.sub, "alice", code);
  assert.equal(await page.evaluate(() => isOpenAtOnce), true);
  assert.deepEqual(queries, [["client_id", "request_uri"]]);
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  await closed;
});

test("a diagnosis finds nothing wrong, before a sign-in and after it", async (t) => {
  const { page } = await portal(t);
  const wrong = () => page.evaluate(() => auth.diagnose().then(({ checks, report }) => [checks.filter(({ ok }) => !ok), report]));
  const [before, report] = await wrong();
  assert.deepEqual(before, [], report);
  for (const id of ["par-endpoint", "dpop"]) assert.ok(report.includes(id), report);
  assert.equal((await signIn(page)).value?.user.sub, "alice");
  assert.deepEqual((await wrong())[0], []);
});

test("without WebAssembly it is the same", async (t) => {
  const { op, page, portal: { origin }, queries } = await portal(t, { flags: ["--js-flags=--jitless"] });
  const { value, code } = await signIn(page);
  assert.equal(value?.user.sub, "alice", code);
  assert.equal(await page.evaluate(() => typeof WebAssembly), "undefined");
  assert.deepEqual(queries, [["client_id", "request_uri"]]);
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  await visit(page, `${origin}/`);
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
});

for (const chunk of ["late.js", "proof.js"]) {
  test(`a page that cannot load ${chunk} is not left, and keeps no sign-in`, async (t) => {
    const { context, errors, page, queries } = await portal(t);
    await context.route(`**/portcullis/${chunk}`, (route) => route.abort());
    await visit(page, page.url());
    const { code, retryable } = await page.evaluate(() => outcome(auth.login()));
    assert.deepEqual([code, retryable], ["network", true]);
    assert.equal(await pending(page), 0);
    assert.deepEqual(queries, []);
    const opened = context.waitForEvent("page");
    const inPopup = page.evaluate(() => outcome(auth.login({ mode: "popup" })));
    const popup = await opened;
    const closed = popup.isClosed() || popup.waitForEvent("close");
    assert.equal((await inPopup).code, "network");
    await closed;
    assert.equal(await pending(page), 0);
    assert.deepEqual(queries, []);
    await context.unroute(`**/portcullis/${chunk}`);
    assert.equal((await signIn(page)).value?.user.sub, "alice");
    assert.deepEqual(errors, []);
  });

  test(`a callback page that cannot load ${chunk} uses nothing up`, async (t) => {
    const { op, context, errors, page } = await portal(t);
    const isCallback = (request) => new URL(request.frame().url()).pathname === "/cb";
    await context.route(`**/portcullis/${chunk}`, (route) => (isCallback(route.request()) ? route.abort() : route.continue()));
    const { code, retryable } = await signIn(page);
    assert.deepEqual([code, retryable], ["network", true]);
    assert.equal(op.count("/token"), 0);
    assert.equal(await pending(page), 1);
    assert.equal(new URL(page.url()).search, "", "and yet the response is out of the address bar");
    await context.unroute(`**/portcullis/${chunk}`);
    const { value, ...failure } = await page.evaluate(() => outcome(auth.handleCallback()));
    assert.equal(value?.user.sub, "alice", failure.code);
    assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
    assert.deepEqual(errors, []);
  });
}
