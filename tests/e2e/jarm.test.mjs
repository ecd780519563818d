/** Authorization responses that the provider signs (JARM): asked for, read, and believed in no other form. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { WRONG_CLOCK, callbackUrls, calls, signIn, visit, world } from "./support.mjs";

const HOUR = 3600;
const SIGNED = { features: { jwtResponseModes: { enabled: true } } };
const ALL = {
  client: { dpop_bound_access_tokens: true, require_pushed_authorization_requests: true },
  features: { ...SIGNED.features, pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } },
};

/** A page that has yet to sign in, and the query of every URL that it, or a popup of its, is left for. */
async function portal(t, { settings, init, ...options } = {}) {
  const all = await world(t, { provider: SIGNED, ...options });
  const context = await all.profile({ jarm: true, apiOrigins: [all.op.issuer], ...settings });
  if (init) await context.addInitScript(...init);
  const queries = [];
  const errors = [];
  context.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/auth") queries.push(searchParams);
  });
  context.on("weberror", (error) => errors.push(String(error.error())));
  const page = await all.open(context);
  return { ...all, context, errors, queries, page, urls: callbackUrls(page) };
}

const asked = (queries) => queries.map((query) => query.get("response_mode"));
/** The names of what is in the query of a callback. */
const names = (urls) => urls.map((url) => [...new URL(url).searchParams.keys()]);
/** What is in a callback's response. */
const segments = (url) => new URL(url).searchParams.get("response").split(".").slice(0, 2).map((text) => JSON.parse(Buffer.from(text, "base64url")));
const header = (url) => segments(url)[0];
const claims = (url) => segments(url)[1];
const status = (page) => page.evaluate(() => auth.state.status);
const get = (page, url) => page.evaluate((url) => outcome(auth.fetch(url).then((response) => response.status)), url);
/** Sign-ins that still could be completed. */
const pending = (page) => page.evaluate(() => Object.values(localStorage).filter((text) => text.includes("code_verifier")).length);

test("a response that is signed is asked for, and the callback page sends the code exchange and nothing else", async (t) => {
  const { op, page, portal: { origin }, queries, urls } = await portal(t);
  let sent;
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.url().includes("/cb?")) sent = op.requests.length;
  });
  const { value, code } = await signIn(page, { returnTo: "/desk", appState: { tab: 2 } });
  assert.equal(value?.user.sub, "alice", code);
  assert.deepEqual([value.returnTo, value.appState, value.replayed], ["/desk", { tab: 2 }, false]);
  assert.deepEqual(asked(queries), ["query.jwt"]);
  assert.deepEqual(names(urls), [["response"]], "nothing comes back but what is signed");
  assert.deepEqual(calls(op, sent), ["POST /token"]);
  assert.equal(page.url(), `${origin}/cb`, "it is out of the address bar");
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });

  const since = op.requests.length;
  await page.reload();
  assert.equal(await page.evaluate(() => opened.then(() => finished).then(() => auth.state.status)), "signed-in");
  await visit(page, `${origin}/`);
  assert.equal(await status(page), "signed-in");
  await visit(page, urls[0]);
  assert.deepEqual((await page.evaluate(() => finished)).value, { ...value, replayed: true }, "as it is when it is seen again");
  assert.deepEqual(calls(op, since), []);
  assert.deepEqual(await page.evaluate(() => violations), []);
});

for (const alg of ["PS256", "ES256", "EdDSA"]) {
  test(`a response that is signed with ${alg}`, async (t) => {
    const { page, urls } = await portal(t, { provider: { ...SIGNED, client: { authorization_signed_response_alg: alg } } });
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    assert.equal(header(urls[0]).alg, alg);
  });
}

test("a refused sign-in is an authorization_error with the words that the provider signed", async (t) => {
  const { op, page, portal: { origin }, urls } = await portal(t);
  const { code, oauth } = await signIn(page, { loginHint: "deny" });
  assert.equal(code, "authorization_error");
  assert.deepEqual(oauth, { error: "access_denied", description: "the user said no" });
  assert.deepEqual(names(urls), [["response"]]);
  assert.equal(page.url(), `${origin}/cb`);
  assert.equal(op.count("/token"), 0);
  assert.equal(await pending(page), 0);
  assert.equal(await status(page), "signed-out");
});

test("in a popup it is the same", async (t) => {
  const { op, context, page, queries } = await portal(t, { settings: { persist: "memory" } });
  const opened = context.waitForEvent("page");
  await page.evaluate(() => void (globalThis.signedIn = outcome(auth.login({ mode: "popup", returnTo: "/desk" }))));
  const popup = await opened;
  const closed = popup.isClosed() || popup.waitForEvent("close");
  const { value, code } = await page.evaluate(() => signedIn);
  assert.equal(value?.user.sub, "alice", code);
  assert.equal(value.returnTo, "/desk");
  assert.deepEqual(asked(queries), ["query.jwt"]);
  assert.equal(op.count("/token"), 1);
  assert.equal(await status(page), "signed-in");
  await closed;
});

test("and in a hidden frame, with a session or without one", async (t) => {
  const { op, page, queries } = await portal(t, { frames: true });
  const look = () => page.evaluate(() => outcome(auth.login({ mode: "frame" })));
  const { code, oauth } = await look();
  assert.deepEqual([code, oauth?.error], ["authorization_error", "login_required"]);
  assert.equal((await signIn(page)).value?.user.sub, "alice");
  assert.equal((await look()).value?.user.sub, "alice");
  assert.deepEqual(asked(queries), ["query.jwt", "query.jwt", "query.jwt"]);
  assert.equal(op.count("/token"), 2);
});

for (const [what, flags] of [["with bound tokens and pushed requests", []], ["and without WebAssembly", ["--js-flags=--jitless"]]]) {
  test(`together ${what}`, async (t) => {
    const { op, page, portal: { origin }, queries, urls } = await portal(t, { provider: ALL, settings: { par: true, dpop: true }, flags });
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    assert.equal(await page.evaluate(() => typeof WebAssembly), flags.length ? "undefined" : "object");
    assert.deepEqual(queries.map((query) => [...query.keys()].sort()), [["client_id", "request_uri"]]);
    assert.deepEqual(names(urls), [["response"]], "what was pushed asks for it");
    assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
    await visit(page, `${origin}/`);
    assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  });
}

for (const hours of [2, -2]) {
  test(`a clock ${Math.abs(hours)} hours ${hours > 0 ? "ahead" : "behind"} keeps nobody out where the response says when it was made`, async (t) => {
    const { op, page, urls } = await portal(t, { provider: { ...SIGNED, dated: true }, init: [WRONG_CLOCK, hours * HOUR] });
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    assert.equal(op.count("/token"), 1);
    assert.ok(Math.abs(claims(urls[0]).iat - Date.now() / 1000) < 60);
  });
}

for (const [seconds, fault] of [[-2 * HOUR, "2 hours behind"], [2 * HOUR, "2 hours ahead"]]) {
  test(`and where it does not, a clock ${fault} keeps nobody out, either`, async (t) => {
    const { page, urls } = await portal(t, { init: [WRONG_CLOCK, seconds] });
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    assert.equal(claims(urls[0]).iat, undefined);
  });
}

test("with one 5 minutes ahead such a response is over, which the remedy speaks of", async (t) => {
  const { op, page } = await portal(t, { init: [WRONG_CLOCK, 300] });
  const { code, remedy } = await signIn(page);
  assert.equal(code, "jarm_exp");
  assert.match(remedy, /clock/);
  assert.equal(op.count("/token"), 0);
  assert.equal(await pending(page), 0);
});

test("a response is a callback where its sign-in began, and nowhere else", async (t) => {
  // asked as early as a page can ask
  const early = () => {
    const url = location.href;
    addEventListener("DOMContentLoaded", () => (globalThis.early = opened.then((auth) => auth.isCallback(url))));
  };
  const { op, open, page, portal: { origin }, profile, urls } = await portal(t, { init: [early] });
  const is = (page, url) => page.evaluate((url) => auth.isCallback(url), url);
  assert.equal(await page.evaluate(() => early), false);
  assert.equal((await signIn(page)).value?.user.sub, "alice");
  assert.equal(await page.evaluate(() => early), true);
  assert.deepEqual(names(urls), [["response"]]);
  assert.equal(await is(page, urls[0]), true);
  assert.equal(await is(page, urls[0].replace("/cb?", "/other?")), false);
  assert.equal(await is(page, `${origin}/cb?response=e30.e30.e30`), false);

  const thief = await open(await profile({ jarm: true }));
  assert.equal(await is(thief, urls[0]), false);
  const since = op.requests.length;
  await visit(thief, urls[0]);
  assert.equal((await thief.evaluate(() => finished)).code, "callback_state_unknown");
  assert.equal(thief.url(), `${origin}/cb`);
  assert.deepEqual(calls(op, since), []);
});

test("a page that cannot load late.js is not left, and keeps no sign-in", async (t) => {
  const { context, errors, page, queries } = await portal(t);
  await context.route("**/portcullis/late.js", (route) => route.abort());
  await visit(page, page.url());
  const { code, retryable } = await page.evaluate(() => outcome(auth.login()));
  assert.deepEqual([code, retryable], ["network", true]);
  assert.deepEqual(queries, []);
  assert.equal(await pending(page), 0);
  await context.unroute("**/portcullis/late.js");
  assert.equal((await signIn(page)).value?.user.sub, "alice");
  assert.deepEqual(errors, []);
});

test("a callback page that cannot load late.js uses nothing up", async (t) => {
  const { op, context, errors, page } = await portal(t);
  const isCallback = (request) => new URL(request.frame().url()).pathname === "/cb";
  await context.route("**/portcullis/late.js", (route) => (isCallback(route.request()) ? route.abort() : route.continue()));
  const { code, retryable } = await signIn(page);
  assert.deepEqual([code, retryable], ["network", true]);
  assert.equal(op.count("/token"), 0);
  assert.equal(await pending(page), 1);
  assert.equal(new URL(page.url()).search, "", "and yet the response is out of the address bar");
  await context.unroute("**/portcullis/late.js");
  const { value, ...failure } = await page.evaluate(() => outcome(auth.handleCallback()));
  assert.equal(value?.user.sub, "alice", failure.code);
  assert.deepEqual(errors, []);
});

test("a diagnosis finds nothing wrong, before a sign-in and after it", async (t) => {
  const { page } = await portal(t);
  const diagnose = () => page.evaluate(() => auth.diagnose().then(({ checks, report }) => ({ checks, report })));
  const before = await diagnose();
  assert.deepEqual(before.checks.filter(({ ok }) => !ok), [], before.report);
  assert.equal(before.checks.find(({ id }) => id === "jarm")?.ok, true, before.report);
  assert.equal((await signIn(page)).value?.user.sub, "alice");
  assert.deepEqual((await diagnose()).checks.filter(({ ok }) => !ok), []);
});

test("where the provider signs no responses the page is not left, and a diagnosis says why", async (t) => {
  const { op, page, queries } = await portal(t, { provider: {} });
  const { code, remedy } = await page.evaluate(() => outcome(auth.login()));
  assert.equal(code, "unsupported");
  assert.match(remedy, /query\.jwt/);
  assert.deepEqual(queries, []);
  assert.equal(await pending(page), 0);
  assert.equal(op.count("/auth"), 0);
  const { ok, checks } = await page.evaluate(() => auth.diagnose());
  assert.deepEqual([ok, checks.filter(({ ok }) => !ok).map(({ id }) => id)], [false, ["jarm"]]);
});
