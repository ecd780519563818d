/** `portcullis/testing` in a page, and pages that open signed in from what its `seedSession()` gives. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createAuth } from "../../pkg/dist/index.js";
import { createFakeProvider, seedSession } from "../../pkg/dist/testing.js";
import { calls, visit, world } from "./support.mjs";

/** A way through the real provider without a browser, and what its token endpoint answered. */
function throughProvider(op) {
  const answers = [];
  return {
    answers,
    async fetch(input, init) {
      const response = await fetch(input, init);
      if (new URL(input).pathname === "/token") answers.push(await response.clone().json());
      return response;
    },
    async authorize(url, { user }) {
      const cookies = new Map();
      let next = new URL(url);
      if (user) next.searchParams.set("login_hint", user);
      while (next.origin === op.issuer) {
        const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
        const response = await fetch(next, { redirect: "manual", headers: { cookie } });
        for (const text of response.headers.getSetCookie()) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(text);
          cookies.set(name, value);
        }
        next = new URL(response.headers.get("location"), next);
      }
      return next.href;
    },
  };
}

/** Puts the entries into the storage of every tab of the profile that comes to the portal and has none. */
const seed = (context, origin, entries) => context.addInitScript(({ origin, entries }) => {
  if (location.origin !== origin) return;
  for (const [key, value] of Object.entries(entries)) if (sessionStorage.getItem(key) === null) sessionStorage.setItem(key, value);
}, { origin, entries });

const state = (page) => page.evaluate(() => [auth.state.status, auth.user?.sub]);
const token = (page, options) => page.evaluate((options) => auth.getAccessToken(options), options);

test("at a real provider: signed in, with the seeded token, and a refresh that works", async (t) => {
  const { op, portal, open, profile } = await world(t);
  const settings = { scope: "openid offline_access" };
  const provider = throughProvider(op);
  const options = { issuer: op.issuer, clientId: op.clientId, redirectUri: `${portal.origin}/cb`, ...settings };
  const entries = await seedSession({ createAuth, options, provider, user: "bob" });

  const context = await profile(settings);
  await seed(context, portal.origin, entries);
  const before = op.requests.length;
  const page = await open(context);
  assert.deepEqual(await state(page), ["signed-in", "bob"]);
  assert.equal(await token(page), provider.answers[0].access_token);
  assert.deepEqual(calls(op, before), []);

  const refreshed = await token(page, { forceRefresh: true });
  assert.notEqual(refreshed, provider.answers[0].access_token);
  await visit(page, page.url());
  assert.equal(await token(page), refreshed, "the seed does not come back over what is newer");
  assert.deepEqual(await page.evaluate(() => violations), []);

  await page.evaluate(() => auth.logout({ localOnly: true }));
  await visit(page, page.url());
  assert.deepEqual(await state(page), ["signed-out", undefined], "nor over a sign-out");
});

test("at a provider in process, which answers the page's requests through a route", async (t) => {
  const issuer = "https://id.example.test";
  const { portal, open, profile } = await world(t, { connect: issuer });
  const op = createFakeProvider({ issuer, clientId: "portal", users: [{ sub: "ada", name: "Ada" }] });
  const settings = { issuer, clientId: "portal", redirectUri: `${portal.origin}/cb` };
  const context = await profile(settings);
  await context.route(`${issuer}/**`, async (route) => {
    const request = route.request();
    const body = request.postData();
    const response = await op.fetch(request.url(), { method: request.method(), headers: request.headers(), ...(body ? { body } : {}) });
    await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() });
  });
  await seed(context, portal.origin, await seedSession({ createAuth, options: settings, provider: op }));

  const page = await open(context);
  assert.deepEqual(await state(page), ["signed-in", "ada"]);
  const first = await token(page);
  assert.notEqual(await token(page, { forceRefresh: true }), first);
  assert.equal((await page.evaluate(() => auth.userinfo())).name, "Ada");
  op.revokeSessions();
  const { code } = await page.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
  assert.equal(code, "session_expired");
  assert.deepEqual(await state(page), ["signed-out", undefined]);
});

test("the mock and the provider work in a page, under its policy", async (t) => {
  const { op, portal, open, profile } = await world(t);
  const page = await open(await profile());
  const before = op.requests.length;
  const seen = await page.evaluate(async () => {
    const { createFakeProvider, createMockAuth, memoryStorage } = await import("/portcullis/testing.js");
    const { createAuth } = await import("/portcullis/index.js");
    const mock = createMockAuth({ user: { sub: "ada" } });
    const { returnTo } = await mock.login({ returnTo: "/7" });
    const answer = await mock.fetch("index.html");
    const refused = await outcome(mock.fetch("https://elsewhere.test/"));

    const provider = createFakeProvider({ issuer: "https://id.example.test", clientId: "portal" });
    const storage = memoryStorage();
    const options = { issuer: provider.issuer, clientId: "portal", redirectUri: `${location.origin}/cb`, storage, host: provider.host };
    const real = await createAuth(options);
    real.login().catch(() => {});
    await real.handleCallback(await provider.authorize(await provider.navigation()));
    return [mock.state.status, returnTo, answer.status, refused.code, mock.isCallback(`${location.origin}/callback?state=s`), real.user.sub, violations];
  });
  assert.deepEqual(seen, ["signed-in", "/7", 200, "origin_not_allowed", true, "alice", []]);
  assert.deepEqual(calls(op, before), []);
  assert.equal(new URL(page.url()).origin, portal.origin);
});
