/** The provider in process, pushed requests and bound tokens: the real client's, and what it refuses of anybody else's. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import * as jose from "jose";

import { asked, issuer, redirectUri, world } from "./in-process.mjs";

const API = "https://app.test/api?page=2";
const both = { par: true, dpop: true };

/** The real client with both, signed in at a provider beside an API that notes what it is shown. */
async function signedIn(more = {}) {
  const shown = [];
  const there = world({
    fetch: async (request) => {
      shown.push(request);
      return Response.json({ ok: true });
    },
    ...more,
  });
  const before = await there.open(both);
  before.login({ loginHint: "bob" }).catch(() => {}); // the page is left
  const left = await there.op.navigation();
  const callback = await there.op.authorize(left);
  before.dispose();
  const auth = await there.open(both);
  await auth.handleCallback(callback);
  return { ...there, auth, left, shown };
}

/** Somebody else's key, and proofs made with it. */
async function stranger() {
  const { publicKey, privateKey } = await jose.generateKeyPair("ES256");
  const jwk = await jose.exportJWK(publicKey);
  return {
    jkt: await jose.calculateJwkThumbprint(jwk),
    prove: (claims, header) => new jose.SignJWT({ jti: crypto.randomUUID(), htm: "POST", htu: `${issuer}/token`, iat: 1_800_000_000, ...claims })
      .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk, ...header }).sign(privateKey),
  };
}

const post = (op, path, params, headers = {}) =>
  op.fetch(`${issuer}${path}`, { method: "POST", headers, body: new URLSearchParams({ client_id: "app", ...params }) });

/** A code that was asked for by `more`, and what redeems it. */
async function code(op, more = {}) {
  const verifier = "v".repeat(43);
  const query = new URLSearchParams({
    client_id: "app", redirect_uri: redirectUri, response_type: "code", scope: "openid", code_challenge_method: "S256",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"), ...more,
  });
  const callback = new URL(await op.authorize(`${issuer}/authorize?${query}`));
  return { grant_type: "authorization_code", code: callback.searchParams.get("code"), redirect_uri: redirectUri, code_verifier: verifier };
}

describe("the real client with both at a provider in process", () => {
  it("pushes its request, and has tokens that are bound", async () => {
    const { op, auth, left, shown, clock } = await signedIn();
    assert.deepEqual([...new URL(left).searchParams.keys()], ["client_id", "request_uri"]);
    assert.equal(auth.user.sub, "bob");
    assert.deepEqual(await auth.userinfo(), { sub: "bob" });
    await auth.fetch(API, { method: "PUT" });
    clock.now += 301;
    await auth.fetch(API);
    assert.deepEqual(asked(op), ["discovery 200", "jwks 200", "par 201", "token 200", "userinfo 200", "token 200"]);
    const keys = new Set();
    for (const request of shown) {
      const [, token] = /^DPoP (\S+)$/.exec(request.headers.get("authorization"));
      const proof = request.headers.get("dpop");
      const { payload, protectedHeader } = await jose.jwtVerify(proof, jose.EmbeddedJWK, { typ: "dpop+jwt", currentDate: new Date(clock.now * 1000) });
      assert.deepEqual([payload.htm, payload.htu, payload.ath],
        [request.method, "https://app.test/api", createHash("sha256").update(token).digest("base64url")]);
      keys.add(await jose.calculateJwkThumbprint(protectedHeader.jwk));
    }
    assert.deepEqual([shown.length, keys.size], [2, 1]);
    auth.dispose();
  });

  it("fails as with any other endpoint where that does", async () => {
    const { op, open } = world();
    const auth = await open(both);
    op.fail("par", { error: "invalid_request", description: "no such scope" });
    await assert.rejects(auth.login(), (error) => error.code === "par_http" && error.oauth.description === "no such scope");
    op.fail("par", "network");
    await assert.rejects(auth.login(), { code: "network" });
    auth.dispose();
  });
});

describe("the provider in process refuses", () => {
  it("a bound code, refresh token or access token without its key", async () => {
    const { op } = world();
    const [ours, theirs] = [await stranger(), await stranger()];
    const refused = async (response) => [response.status, (await response.json()).error];
    for (const headers of [{}, { dpop: await theirs.prove() }]) {
      assert.deepEqual(await refused(await post(op, "/token", await code(op, { dpop_jkt: ours.jkt }), headers)), [400, "invalid_grant"]);
    }
    const redeemed = async () => (await post(op, "/token", await code(op, { dpop_jkt: ours.jkt }), { dpop: await ours.prove() })).json();
    const tokens = await redeemed();
    assert.equal(tokens.token_type, "DPoP");
    for (const headers of [{}, { dpop: await theirs.prove() }]) {
      const { refresh_token } = await redeemed();
      assert.deepEqual(await refused(await post(op, "/token", { grant_type: "refresh_token", refresh_token }, headers)), [400, "invalid_grant"]);
    }
    const ath = createHash("sha256").update(tokens.access_token).digest("base64url");
    const about = { htm: "GET", htu: `${issuer}/userinfo`, ath };
    const userinfo = (headers) => op.fetch(`${issuer}/userinfo`, { headers });
    const bound = { authorization: `DPoP ${tokens.access_token}` };
    assert.equal((await userinfo({ ...bound, dpop: await ours.prove(about) })).status, 200);
    for (const headers of [
      { authorization: `Bearer ${tokens.access_token}` }, bound, { ...bound, dpop: await theirs.prove(about) },
    ]) assert.equal((await userinfo(headers)).status, 401);
  });

  it("what is no proof of the request", async () => {
    const { op } = world();
    const { prove } = await stranger();
    const good = await prove();
    assert.equal((await post(op, "/token", await code(op), { dpop: good })).status, 200);
    for (const [what, proof] of [
      ["shown before", good],
      ["another method", await prove({ htm: "GET" })],
      ["another URL", await prove({ htu: `${issuer}/userinfo` })],
      ["old", await prove({ iat: 1_800_000_000 - 61 })],
      ["for a token that is not there", await prove({ ath: "x" })],
      ["without a name", await prove({ jti: undefined })],
      ["of another kind", await prove({}, { typ: "JWT" })],
      ["with another's key", await prove({}, { jwk: (await jose.exportJWK((await jose.generateKeyPair("ES256")).publicKey)) })],
      ["with no key", await prove({}, { jwk: undefined })],
      ["spoilt", good.replace(/.....$/, "AAAAA")],
      ["no JWT", "x"],
    ]) {
      const response = await post(op, "/token", await code(op), { dpop: proof });
      assert.deepEqual([response.status, (await response.json()).error], [400, "invalid_dpop_proof"], what);
    }
  });

  it("a reference that is used up, too old, another client's or nobody's", async () => {
    const { op, clock } = world();
    const pushed = async () => (await (await post(op, "/par", {
      redirect_uri: redirectUri, response_type: "code", scope: "openid", code_challenge_method: "S256", code_challenge: "c".repeat(43),
    })).json()).request_uri;
    const url = (request_uri, client_id = "app") => `${issuer}/authorize?${new URLSearchParams({ client_id, request_uri })}`;
    const once = await pushed();
    assert.match(await op.authorize(url(once)), /[?&]code=/);
    await assert.rejects(op.authorize(url(once)), /request_uri/);
    await assert.rejects(op.authorize(url("urn:x")), /request_uri/);
    const other = await pushed();
    await assert.rejects(op.authorize(url(other, "another")), /another client/);
    const old = await pushed();
    clock.now += 60;
    await assert.rejects(op.authorize(url(old)), /request_uri/);
    assert.equal((await post(op, "/par", { client_id: "another" })).status, 400);
    assert.equal((await post(op, "/par", { request_uri: "urn:x" })).status, 400);
  });
});
