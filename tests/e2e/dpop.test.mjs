/** Tokens that are bound to this browser's key (RFC 9449), at a provider and an API that check every proof. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { calls, leave, signIn, visit, world } from "./support.mjs";

const BOUND = { client: { dpop_bound_access_tokens: true } };
const NONCES = { dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true } };
/** One compact JWS: several headers would be read as one, with a comma. */
const ONE_PROOF = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** A page that has yet to sign in, and the `dpop_jkt` of every authorization request from its profile. */
async function portal(t, { provider, settings } = {}) {
  const all = await world(t, { provider: { ...BOUND, ...provider } });
  const context = await all.profile({ dpop: true, apiOrigins: [all.op.issuer], ...settings });
  const jkts = [];
  context.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/auth") jkts.push(searchParams.get("dpop_jkt"));
  });
  return { ...all, context, jkts, page: await all.open(context) };
}

async function signedIn(t, options) {
  const all = await portal(t, options);
  const { value, code } = await signIn(all.page);
  assert.equal(value?.user.sub, "alice", code);
  return all;
}

const reload = (page) => visit(page, `${new URL(page.url()).origin}/`);
const status = (page) => page.evaluate(() => auth.state.status);
const refresh = (page) => page.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
const get = (page, url) => page.evaluate((url) => outcome(auth.fetch(url).then((response) => response.status)), url);
const sentTo = (op, path, since = 0) => op.requests.slice(since).filter((sent) => sent.path === path && sent.method !== "OPTIONS");
const statuses = (op, path, since) => sentTo(op, path, since).map(({ status }) => status);

/** What the page can learn of the keys it has. */
const keys = (page) => page.evaluate(() => new Promise((resolve) => {
  const opening = indexedDB.open("portcullis");
  opening.onsuccess = () => {
    const getting = opening.result.transaction("keys").objectStore("keys").getAll();
    getting.onsuccess = async () => {
      opening.result.close();
      resolve(await Promise.all(getting.result.map(async ({ privateKey, publicKey }) => {
        const exported = ["jwk", "pkcs8"].map((format) => crypto.subtle.exportKey(format, privateKey));
        return {
          extractable: privateKey.extractable,
          exported: (await Promise.allSettled(exported)).map(({ reason }) => reason?.name),
          x: (await crypto.subtle.exportKey("jwk", publicKey)).x,
        };
      })));
    };
  };
}));

const loseKeys = (page) => page.evaluate(() => new Promise((resolve, reject) => {
  const deleting = indexedDB.deleteDatabase("portcullis");
  deleting.onsuccess = resolve;
  deleting.onerror = deleting.onblocked = reject;
}));

test("a whole life with bound tokens: sign-in, API, userinfo, refresh, reload", async (t) => {
  const { op, page, jkts } = await signedIn(t);
  assert.match(jkts[0], /^[\w-]{43}$/);
  assert.deepEqual(statuses(op, "/token"), [200]);
  assert.match(sentTo(op, "/token")[0].proof, ONE_PROOF);
  assert.deepEqual(await get(page, `${op.api}/me?page=2#top`), { value: 200 });
  assert.equal((await page.evaluate(() => outcome(auth.userinfo()))).value?.sub, "alice");
  assert.match(sentTo(op, "/me")[0].proof, ONE_PROOF);

  const before = await page.evaluate(() => auth.getAccessToken());
  const { value: after, code } = await refresh(page);
  assert.ok(after && after !== before, code);
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });

  await reload(page);
  assert.equal(await status(page), "signed-in");
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 }, "the key outlives the page");
  assert.equal((await refresh(page)).code, undefined);
  assert.deepEqual(await page.evaluate(() => violations), []);
  const proofs = op.requests.map(({ proof }) => proof).filter(Boolean);
  assert.equal(new Set(proofs).size, proofs.length, "no proof is used twice");
  await leave(page, () => void auth.logout());
  assert.equal(op.count("/token/revocation"), 1);
});

test("whoever copies the token, or all of a request, can do nothing with it", async (t) => {
  const { op, page } = await signedIn(t);
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  const [{ proof: dpop }] = sentTo(op, "/api/me");
  const bare = (headers) => page.evaluate(
    ([url, headers]) => fetch(url, { headers }).then(({ status }) => status),
    [`${op.api}/me`, headers],
  );
  const token = await page.evaluate(() => auth.getAccessToken());
  const authorization = `DPoP ${token}`; // or it would not have been taken
  assert.equal(await bare({ authorization: `Bearer ${token}` }), 401);
  assert.equal(await bare({ authorization }), 401);
  assert.equal(await bare({ authorization, dpop }), 401);
});

test("where nonces are demanded each server is asked once more, the first time", async (t) => {
  const { op, page } = await signedIn(t, { provider: { features: NONCES } });
  assert.deepEqual(statuses(op, "/token"), [400, 200]);
  assert.equal((await refresh(page)).code, undefined);
  assert.deepEqual(statuses(op, "/token"), [400, 200, 200]);
  assert.equal((await page.evaluate(() => outcome(auth.userinfo()))).value?.sub, "alice");
  assert.deepEqual(statuses(op, "/me"), [401, 200]);

  op.apiNonce = "first";
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  assert.deepEqual(statuses(op, "/api/me"), [401, 200]);
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  assert.deepEqual(statuses(op, "/api/me"), [401, 200, 200]);

  op.apiNonce = "second";
  const body = "note g, ".repeat(10_000);
  const { value } = await page.evaluate(([url, body]) => outcome(
    auth.fetch(url, { method: "POST", body }).then((response) => response.json()),
  ), [`${op.api}/echo`, body]);
  assert.deepEqual(value, { sub: "alice", method: "POST", body });
  assert.deepEqual(statuses(op, "/api/echo"), [401, 200]);
  assert.equal(sentTo(op, "/token").length, 3, "another nonce is no reason for another token");
});

test("a token that is refused is refreshed, and the call made again with a proof for the new one", async (t) => {
  const { op, page } = await signedIn(t);
  op.apiNonce = "first";
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  await op.dropAccessTokens();
  const since = op.requests.length;
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  assert.deepEqual(calls(op, since).filter((call) => !call.startsWith("OPTIONS")), ["GET /api/me", "POST /token", "GET /api/me"]);
});

test("the key cannot be exported, and stays the same from sign-in to sign-in", async (t) => {
  const { page, jkts } = await signedIn(t);
  const [key, ...more] = await keys(page);
  assert.deepEqual(more, []);
  assert.deepEqual([key.extractable, key.exported], [false, ["InvalidAccessError", "InvalidAccessError"]]);
  await signIn(page);
  assert.deepEqual(await keys(page), [key]);
  assert.equal(jkts[0], jkts[1]);
});

test("without the key nothing is sent, and nobody is signed out; the next sign-in makes another", async (t) => {
  const { op, page, jkts } = await signedIn(t);
  await loseKeys(page);
  const since = op.requests.length;
  assert.equal((await get(page, `${op.api}/me`)).code, "dpop_key_lost");
  const { code, retryable } = await refresh(page);
  assert.deepEqual([code, retryable], ["dpop_key_lost", false]);
  assert.equal((await page.evaluate(() => outcome(auth.userinfo()))).code, "dpop_key_lost");
  assert.deepEqual(calls(op, since), []);
  assert.equal(await status(page), "signed-in");
  assert.equal((await signIn(page)).value?.user.sub, "alice");
  assert.notEqual(jkts[1], jkts[0]);
  assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
  assert.equal((await refresh(page)).code, undefined);
});

test("a provider that binds nothing signs nobody in", async (t) => {
  const { op, page } = await portal(t, { provider: { client: {}, features: { dPoP: { enabled: false } } } });
  const { code, retryable } = await signIn(page);
  assert.deepEqual([code, retryable], ["dpop_downgrade", false]);
  assert.deepEqual(statuses(op, "/token"), [200]);
  assert.equal(await status(page), "signed-out");
  await reload(page);
  assert.equal(await status(page), "signed-out");
});

for (const persist of ["tab", "device"]) {
  test(`two tabs have one key, one session, and one refresh: ${persist}`, async (t) => {
    const { op, open, context, page } = await signedIn(t, { provider: { accessTokenTtl: 1 }, settings: { persist } });
    const other = await open(context);
    assert.equal(await status(other), "signed-in", "from the other tab, or from the device");
    op.accessTokenTtl = 300;
    const since = op.requests.length;
    const got = await Promise.all([page, other].map((tab) => tab.evaluate(() => outcome(auth.getAccessToken()))));
    assert.deepEqual(statuses(op, "/token", since), [200]);
    assert.ok(got[0].value, got[0].code);
    assert.equal(got[0].value, got[1].value);
    for (const tab of [page, other]) assert.deepEqual(await get(tab, `${op.api}/me`), { value: 200 });
  });
}

for (const hours of [2, -2]) {
  test(`a clock ${Math.abs(hours)} hours ${hours > 0 ? "ahead" : "behind"} is no matter where nonces are given: proofs are made by the provider's`, async (t) => {
    const { op, page } = await portal(t, { provider: { features: NONCES } });
    await page.context().addInitScript((seconds) => {
      const { Date: Right } = globalThis;
      globalThis.Date = class extends Right {
        constructor(...when) {
          super(...(when.length ? when : [Right.now() + seconds * 1000]));
        }
        static now = () => Right.now() + seconds * 1000;
      };
    }, hours * 3600);
    await reload(page);
    const { value, code } = await signIn(page);
    assert.equal(value?.user.sub, "alice", code);
    assert.deepEqual(statuses(op, "/token"), [400, 200]);
    // which gives no nonces, and goes by the time alone
    assert.deepEqual(await get(page, `${op.api}/me`), { value: 200 });
    assert.equal((await refresh(page)).code, undefined);
  });
}
