/** Proofs of possession at several servers: which nonce each was shown, and what else was in them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { LIMIT, meet } from "./harness.mjs";

const DPOP = { settings: { dpop: true } };
const signIn = async (visit) => {
  const { code } = await visit.signIn();
  assert.equal(code, undefined);
};

/** The proofs so far: where each went, and the beginning of its nonce, which names the endpoint that gave it. */
const shown = ({ proofs }) => proofs.map(({ endpoint, nonce }) => [endpoint, nonce?.split("-")[0]]);

test("no server is shown the nonce of another", { timeout: LIMIT }, async () => {
  const wants = ({ last, fresh }, { nonce }) => (nonce && nonce === last ? undefined : last ?? fresh());
  await meet({ wants, refresh: { wants } }, DPOP, async (visit) => {
    const { op, page } = visit;
    await signIn(visit);
    const { api, elsewhere } = op.endpoints;
    for (const url of [api, elsewhere, api]) {
      const { code, value } = await visit.call(url);
      assert.deepEqual([code, value], [undefined, '{"heard":null}']);
    }
    await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
    await page.evaluate(() => auth.userinfo());
    assert.deepEqual(shown(op), [
      ["token", undefined], ["token", "token"], // it is told what it has to be
      ["api", undefined], ["api", "api"], // which says nothing of the same origin's other role
      ["elsewhere", undefined], ["elsewhere", "elsewhere"],
      ["api", "api"],
      ["token", "token"],
      ["userinfo", "api"], // of one server as those that take its tokens
    ]);
    assert.deepEqual(op.complaints, []);
  });
});

test("a nonce that comes with a good answer is in the next proof", { timeout: LIMIT }, async () => {
  await meet({ gives: true }, DPOP, async (visit) => {
    const { op, page } = visit;
    await signIn(visit);
    await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
    await page.evaluate(() => auth.userinfo());
    await visit.call(op.endpoints.api);
    await visit.call(op.endpoints.elsewhere);
    await visit.call(op.endpoints.elsewhere);
    assert.deepEqual(shown(op), [
      ["token", undefined], ["token", "token"], ["userinfo", undefined], ["api", "userinfo"], ["elsewhere", undefined], ["elsewhere", "elsewhere"],
    ]);
    assert.deepEqual(op.complaints, []);
  });
});

test("a proof is for a method and a URL without its query, and once for each call", { timeout: LIMIT }, async () => {
  await meet({}, DPOP, async (visit) => {
    const { op } = visit;
    await signIn(visit);
    for (const [url, init] of [["?q=1#top", {}], ["?q=2", { method: "PUT" }], ["?q=3", { method: "delete" }], ["?q=4#?", { headers: { dpop: "mine" } }]]) {
      const { code, value } = await visit.call(op.endpoints.api + url, init);
      assert.deepEqual([code, value], [undefined, JSON.stringify({ heard: url[3] })]);
    }
    assert.equal(op.proofs.length, 5);
    assert.deepEqual(op.complaints, []);
  });
});

test("a token that is refused is followed by another, each with a proof of its own", { timeout: LIMIT }, async () => {
  let refusals = 1;
  const refuse = () => (refusals-- > 0 ? { status: 401, body: "" } : {});
  const wire = ({ headers }) => ({ headers: { ...headers, "www-authenticate": 'DPoP error="invalid_token"' }, ...refuse() });
  await meet({ wire: { api: wire } }, DPOP, async (visit) => {
    const { op } = visit;
    await signIn(visit);
    const { code } = await visit.call(op.endpoints.api);
    assert.equal(code, undefined);
    assert.deepEqual(op.sequence.slice(3), ["token", "api", "token", "api"]);
    assert.equal(op.proofs.length, 4);
    assert.deepEqual(op.complaints, []);
  });
});

test("without the option there is no proof, and an API that wants one is not heard", { timeout: LIMIT }, async () => {
  const wire = { api: ({ headers }) => ({ status: 401, headers: { ...headers, "www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": "wanted" } }) };
  await meet({ wire }, {}, async (visit) => {
    const { op } = visit;
    await signIn(visit);
    const { code } = await visit.call(op.endpoints.api);
    assert.equal(code, undefined, "it is the page's answer");
    assert.deepEqual(op.sequence.slice(3), ["token", "api"]);
    assert.deepEqual([op.proofs, op.complaints], [[], []]);
  });
});

test("whoever is signed in has nothing to be diagnosed", { timeout: LIMIT }, async () => {
  await meet({}, DPOP, async (visit) => {
    const { op, page } = visit;
    await signIn(visit);
    const { checks, report } = await page.evaluate(() => auth.diagnose());
    const userinfo = checks.find(({ id }) => id === "userinfo-endpoint");
    assert.equal(userinfo.ok, true, report);
    assert.deepEqual(op.complaints.filter((complaint) => /userinfo|scheme/.test(complaint)), []);
  });
});

test("whoever is not let through is told by the diagnosis", { timeout: LIMIT }, async () => {
  await meet("proof-not-let-through", {}, async ({ page }) => {
    const { checks, report } = await page.evaluate(() => auth.diagnose());
    assert.deepEqual(checks.filter(({ ok }) => !ok).map(({ id }) => id), ["token-endpoint"], report);
  });
});

test("a PAR endpoint that is not there is told by the diagnosis", { timeout: LIMIT }, async () => {
  await meet({ wire: { par: () => ({ status: 404 }) } }, { settings: { par: true } }, async ({ page }) => {
    const { checks, report } = await page.evaluate(() => auth.diagnose());
    assert.deepEqual(checks.filter(({ ok }) => !ok).map(({ id }) => id), ["par-endpoint"], report);
  });
});

test("a portal that sets the option keeps its sessions, and the next refresh binds them", { timeout: LIMIT }, async () => {
  await meet({}, {}, async (visit) => {
    const { op, page } = visit;
    await signIn(visit);
    await page.evaluate(() => void (window.name = JSON.stringify({ ...JSON.parse(window.name), dpop: true })));
    await page.goto(new URL("/", page.url()).href);
    await page.evaluate(() => opened.then(() => {}));
    assert.equal((await visit.call(op.endpoints.api)).code, undefined);
    assert.deepEqual(op.proofs, [], "the token is a bearer's");
    const { code, events } = await page.evaluate(() => observe(() => auth.getAccessToken({ forceRefresh: true })));
    assert.deepEqual([code, events], [undefined, ["refreshed"]]);
    assert.equal((await visit.call(op.endpoints.api)).code, undefined);
    assert.deepEqual(shown(op), [["token", undefined], ["api", undefined]]);
    assert.deepEqual(op.complaints, []);
  });
});
