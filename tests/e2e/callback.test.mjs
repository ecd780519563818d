/** The callback page: how little it asks of the provider, and what it makes of odd arrivals. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { callbackUrls, calls, signIn, visit, world } from "./support.mjs";

test("the callback page sends the code exchange and nothing else", async (t) => {
  const { op, open, profile } = await world(t);
  const page = await open(await profile());
  assert.deepEqual(calls(op), [], "opening a client asks the provider nothing");

  let sent;
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.url().includes("/cb?")) sent = op.requests.length;
  });
  const { value } = await signIn(page);
  assert.equal(value.user.sub, "alice");
  assert.equal(value.replayed, false);
  assert.deepEqual(calls(op, sent), ["POST /token"]);
});

test("a completed callback seen again gives the session back without a request", async (t) => {
  const { op, open, profile } = await world(t);
  const page = await open(await profile());
  const urls = callbackUrls(page);
  const first = await signIn(page, { returnTo: "/reports?year=1843#note-g", appState: { tab: 2 } });

  const before = op.requests.length;
  await visit(page, urls.at(-1));
  const { value } = await page.evaluate(() => finished);
  assert.deepEqual(value, { ...first.value, replayed: true });
  assert.deepEqual(calls(op, before), []);
});

test("a callback page that is reloaded, gone back to or bookmarked is no dead end", async (t) => {
  const { op, open, portal, profile } = await world(t);
  const page = await open(await profile());
  const urls = callbackUrls(page);
  await signIn(page);
  const states = [];
  const note = async () => states.push(await page.evaluate(() => opened.then(() => globalThis.finished).then(() => auth.state.status)));
  await page.reload();
  await note();
  await visit(page, `${portal.origin}/reports`);
  await page.goBack();
  await note();
  await visit(page, urls[0]);
  await note();
  assert.deepEqual(states, ["signed-in", "signed-in", "signed-in"]);
  assert.equal(op.count("/token"), 1, "one exchange, however often");
});

test("two calls for one callback share one exchange", async (t) => {
  const { op, open, profile } = await world(t);
  const page = await open(await profile());
  const urls = callbackUrls(page);
  // A framework that mounts everything twice; the page's own call is the first, and has taken the response
  // out of the address bar when the others come, one of which names it.
  await page.context().addInitScript(() => {
    const url = location.href;
    globalThis.again = () => Promise.all([undefined, url].map((own) => opened.then((auth) => outcome(auth.handleCallback(own)))));
    if (location.pathname === "/cb") addEventListener("DOMContentLoaded", () => (globalThis.both = again()));
  });
  const first = await signIn(page);
  const both = await page.evaluate(() => both);
  assert.deepEqual(both.map(({ value }) => value.user), [first.value.user, first.value.user]);
  assert.equal(op.count("/token"), 1);
  assert.equal(urls.length, 1);
});

test("a callback nobody here asked for is refused without a request", async (t) => {
  const { op, open, profile } = await world(t);
  const page = await open(await profile());
  const url = `/cb?${new URLSearchParams({ code: "stolen", state: "0".repeat(43), iss: op.issuer })}`;
  await visit(page, new URL(url, page.url()).href);
  const { code, remedy } = await page.evaluate(() => finished);
  assert.equal(code, "callback_state_unknown");
  assert.equal(remedy, "start the sign-in again", "in words, from the file beside the entry");
  assert.deepEqual(op.requests, []);
  assert.equal(new URL(page.url()).search, "", "the code is out of the address bar");
});

test("a code that was taken to another browser is refused there", async (t) => {
  const { op, open, profile } = await world(t);
  const victim = await open(await profile());
  const urls = callbackUrls(victim);
  await signIn(victim);

  const before = op.requests.length;
  const thief = await open(await profile());
  await visit(thief, urls.at(-1));
  assert.equal((await thief.evaluate(() => finished)).code, "callback_state_unknown");
  assert.deepEqual(calls(op, before), []);
});

test("a refused sign-in is an authorization_error with the provider's words", async (t) => {
  const { op, open, profile } = await world(t);
  const page = await open(await profile());
  const { code, oauth } = await signIn(page, { loginHint: "deny" });
  assert.equal(code, "authorization_error");
  assert.deepEqual(oauth, { error: "access_denied", description: "the user said no" });
  assert.equal(op.count("/token"), 0);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
});
