/** Pages that open signed in, from what `seedSession()` of `portcullis/testing` gives. */
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
    const response = await op.fetch(request.url(), { method: request.method(), headers: await request.allHeaders(), ...(body ? { body } : {}) });
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
