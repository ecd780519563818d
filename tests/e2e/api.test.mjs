/** Tokens in use: API calls, refreshes, userinfo. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { listen } from "../../scripts/demo/listen.mjs";
import { calls, signIn, world } from "./support.mjs";

async function signedIn(t, options = {}) {
  const all = await world(t, options);
  const page = await all.open(await all.profile({ apiOrigins: [all.op.issuer], ...options.settings }));
  await signIn(page);
  return { ...all, page };
}

const get = (page, url) => page.evaluate((url) => outcome(auth.fetch(url).then(async (response) => ({
  status: response.status,
  body: response.ok ? await response.json() : null,
}))), url);

test("fetch() carries the token to an API on the list", async (t) => {
  const { op, page } = await signedIn(t);
  assert.deepEqual((await get(page, `${op.api}/me`)).value, { status: 200, body: { sub: "alice", scope: "openid" } });
});

test("a refused token is refreshed once and the call replayed once", async (t) => {
  const { op, page } = await signedIn(t);
  await op.dropAccessTokens();
  const before = op.requests.length;
  assert.equal((await get(page, `${op.api}/me`)).value.status, 200);
  const sent = calls(op, before).filter((call) => !call.startsWith("OPTIONS"));
  assert.deepEqual(sent, ["GET /api/me", "POST /token", "GET /api/me"]);
});

test("a body is sent again with the replay", async (t) => {
  const { op, page } = await signedIn(t);
  await op.dropAccessTokens();
  const { value } = await page.evaluate((url) => outcome(
    auth.fetch(url, { method: "POST", body: "note g" }).then((response) => response.json()),
  ), `${op.api}/echo`);
  assert.deepEqual(value, { sub: "alice", method: "POST", body: "note g" });
});

test("ten calls with a refused token make one refresh", async (t) => {
  const { op, page } = await signedIn(t);
  await op.dropAccessTokens();
  const before = op.requests.length;
  const statuses = await page.evaluate((url) => Promise.all(
    Array.from({ length: 10 }, () => auth.fetch(url).then(({ status }) => status)),
  ), `${op.api}/me`);
  assert.deepEqual(statuses, Array(10).fill(200));
  assert.equal(calls(op, before).filter((call) => call === "POST /token").length, 1);
});

test("an origin that is not on the list gets nothing", async (t) => {
  const { op, page } = await signedIn(t, { settings: { apiOrigins: [] } });
  const sent = [];
  page.on("request", (request) => request.url().startsWith(op.issuer) && sent.push(request.url()));
  const { code } = await get(page, `${op.api}/me`);
  assert.equal(code, "origin_not_allowed");
  assert.deepEqual(sent, []);
});

test("an API that redirects elsewhere takes no token there", async (t) => {
  const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" };
  const serve = async (answer) => {
    const server = await listen(0);
    t.after(() => server.close());
    server.answerWith((request, response) => (request.method === "OPTIONS" ? response.writeHead(204, cors).end() : answer(request, response)));
    return server;
  };
  const heard = [];
  const hears = (name) => (request) => heard.push([name, Boolean(request.headers.authorization)]);
  const elsewhere = await serve((request, response) => (hears("elsewhere")(request), response.writeHead(200, cors).end("null")));
  const api = await serve((request, response) => {
    hears("api")(request);
    response.writeHead(307, { ...cors, location: `${elsewhere.origin}/` }).end();
  });
  const all = await world(t, { connect: `${api.origin} ${elsewhere.origin}` });
  const page = await all.open(await all.profile({ apiOrigins: [api.origin] }));
  await signIn(page);
  assert.equal((await get(page, `${api.origin}/`)).value.status, 200);
  assert.deepEqual(heard, [["api", true], ["elsewhere", false]]);
});

test("a demand for a stronger sign-in is a step_up_required", async (t) => {
  const { op, page } = await signedIn(t);
  const error = await page.evaluate((url) => auth.fetch(url).catch(({ code, acrValues, maxAge }) => ({ code, acrValues, maxAge })), `${op.api}/admin`);
  assert.deepEqual(error, { code: "step_up_required", acrValues: ["mfa"], maxAge: 60 });
});

test("a refresh rotates: new token, same user", async (t) => {
  const { page } = await signedIn(t);
  const [before, after, user] = await page.evaluate(async () => [
    await auth.getAccessToken(),
    await auth.getAccessToken({ forceRefresh: true }),
    auth.user.sub,
  ]);
  assert.notEqual(before, after);
  assert.equal(user, "alice");
  assert.notEqual(await page.evaluate(() => auth.getAccessToken({ forceRefresh: true })), after, "the rotated refresh token works in its turn");
});

test("a refused refresh ends the session, and says that only a sign-in helps", async (t) => {
  const { op, page } = await signedIn(t);
  await op.dropRefreshTokens();
  const { code, retryable } = await page.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
  assert.ok(["login_required", "session_expired"].includes(code), code);
  assert.equal(retryable, false);
  assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
});

test("userinfo() answers for the same subject", async (t) => {
  const { page } = await signedIn(t, { settings: { scope: "openid profile email" } });
  const { value } = await page.evaluate(() => outcome(auth.userinfo()));
  assert.deepEqual(value, { sub: "alice", name: "Test alice", email: "alice@example.test", email_verified: true });
});
