/** `portcullis/verify` as it is built, in Node: WebCrypto's verdicts beside the software's, an oracle for both, and key sets at a URL. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import * as jose from "jose";

import { AuthError, verifyJws, verifyJwt, verifyLogoutToken } from "portcullis/verify";
import { corpus, judge } from "../support/corpus.mjs";

const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const CRYPTO = ["web", "software", "auto"];
const issuer = "https://id.example";
const audience = "api";

/** Signs with a new key of `alg`; what it signs expires in an hour. */
async function signer(alg, kid) {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), ...(kid && { kid }) };
  return {
    jwk,
    publicKey,
    keys: { keys: [jwk] },
    sign: (claims = {}, header = {}) => new jose.SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }), ...header })
      .setIssuer(issuer).setAudience(audience).setIssuedAt().setExpirationTime("1h").sign(privateKey),
  };
}

const flipped = (token, segment) => {
  const parts = token.split(".");
  const bytes = Buffer.from(parts[segment], "base64url");
  bytes[bytes.length >> 1] ^= 4;
  return parts.with(segment, bytes.toString("base64url")).join(".");
};
const codeOf = (promise) => promise.then(() => "ok", (error) => (error instanceof AuthError ? error.code : String(error)));

for (const crypto of CRYPTO) {
  test(`every token of the corpus gets its verdict: ${crypto}`, async () => {
    const cases = await corpus();
    assert.ok(cases.length > 400);
    assert.deepEqual(await judge({ verifyJws, verifyJwt }, cases, crypto), []);
  });
}

describe("the oracle and we agree", () => {
  for (const alg of ALGORITHMS) {
    test(alg, async () => {
      const { keys, publicKey, sign } = await signer(alg);
      const token = await sign({ sub: "alice" });
      for (const [candidate, expected] of [[token, "ok"], [flipped(token, 2), "jwt_signature"], [flipped(token, 1), "jwt_signature"]]) {
        const oracle = await jose.compactVerify(candidate, publicKey).then(() => true, () => false);
        assert.equal(oracle, expected === "ok");
        for (const crypto of CRYPTO) {
          assert.equal(await codeOf(verifyJws(candidate, { keys, algorithms: [alg], crypto })), expected, crypto);
        }
      }
    });
  }
});

test("what comes out is plain data, names that objects have included", async () => {
  const { keys, sign } = await signer("ES256", "k");
  const token = await sign(JSON.parse('{"__proto__":{"admin":true},"constructor":1,"then":2}'));
  const { header, claims } = await verifyJwt(token, { keys, algorithms: ["ES256"], issuer, audience });
  assert.deepEqual(header, { alg: "ES256", kid: "k" });
  assert.equal(claims.admin, undefined);
  assert.deepEqual(Object.getOwnPropertyDescriptor(claims, "__proto__").value, { admin: true });
  assert.equal(Object.getPrototypeOf(claims), Object.prototype);
  const { payload } = await verifyJws(token, { keys, algorithms: ["ES256"] });
  assert.ok(payload instanceof Uint8Array);
  assert.equal(new TextDecoder().decode(payload), Buffer.from(token.split(".")[1], "base64url").toString());
});

test("a number beyond what JavaScript holds comes as text", async () => {
  const [{ token, options }] = (await corpus()).filter(({ name }) => name === "a number beyond what JavaScript holds");
  assert.equal((await verifyJwt(token, options)).claims.id, "9007199254740993");
});

test("what is no token or no options is refused with a code", async () => {
  const { keys } = await signer("ES256");
  for (const token of [undefined, null, 7, {}, "", Symbol("a.b.c"), Object.create(null)]) {
    assert.equal(await codeOf(verifyJws(token, { keys, algorithms: ["ES256"] })), "jwt_malformed");
  }
  for (const options of [undefined, null, {}, { keys }, { algorithms: ["ES256"], crypto: "magic" }]) {
    assert.equal(await codeOf(verifyJws("a.b.c", options)), "config_invalid");
  }
  assert.equal(await codeOf(verifyJws("x".repeat(1 << 22), { keys, algorithms: ["ES256"] })), "jwt_too_large");
  const huge = { keys: [{ kty: "x".repeat(1 << 22) }] };
  const { token } = (await corpus())[0];
  assert.equal(await codeOf(verifyJws(token, { keys: huge, algorithms: ["RS256"] })), "jwks_too_large");
  const circular = {};
  circular.self = circular;
  assert.match(await codeOf(verifyJws("a.b.c", { keys: circular, algorithms: ["ES256"] })), /config_invalid/);
  const broken = { algorithms: ["ES256"], get keys() { throw new Error("broken"); } };
  for (const verify of [verifyJws, verifyJwt]) assert.equal(await codeOf(verify("a.b.c", broken)), "config_invalid");
});

test("options are those of the call, whatever becomes of them, and may be frozen", async () => {
  const { jwk, keys, sign } = await signer("ES256", "k");
  const other = await signer("ES256", "k");
  const token = await sign();
  for (const verify of [verifyJws, verifyJwt]) {
    const good = () => ({ keys: { keys: [jwk] }, algorithms: ["ES256"], issuer, audience });
    const spoilt = good();
    const verifying = codeOf(verify(token, spoilt));
    Object.assign(spoilt, { issuer: "https://evil.example", audience: "another", crypto: "magic" });
    spoilt.keys.keys[0] = other.jwk;
    spoilt.algorithms[0] = "RS256";
    assert.equal(await verifying, "ok", verify.name);
    const wrong = { ...good(), keys: other.keys };
    const refusing = codeOf(verify(token, wrong));
    wrong.keys = keys;
    assert.equal(await refusing, "jwt_signature", verify.name);
    assert.equal(await codeOf(verify(token, Object.freeze(good()))), "ok", verify.name);
  }
});

test("options that a page put on every object have no effect", async (t) => {
  const { keys, sign } = await signer("ES256");
  const token = await sign();
  const planted = { algorithms: ["ES256"], keys, href: "https://evil.example/jwks" };
  Object.assign(Object.prototype, planted);
  t.after(() => {
    for (const name in planted) delete Object.prototype[name];
  });
  assert.equal(await codeOf(verifyJws(token, {})), "config_invalid");
  assert.equal(await codeOf(verifyJwt(token, { keys, algorithms: ["ES256"], issuer, audience })), "ok");
});

/** A server whose answer for `/jwks` is `state.set`, ended with the test. */
async function jwksServer(t) {
  const state = { set: { keys: [] }, status: 200, headers: {}, requests: [] };
  const server = createServer((request, response) => {
    state.requests.push(request.url);
    response.writeHead(state.status, { "content-type": "application/json", ...state.headers }).end(JSON.stringify(state.set));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  state.url = new URL(`http://127.0.0.1:${server.address().port}/jwks`);
  return state;
}

test("keys at a URL are fetched once, and once more for a key nobody has seen", async (t) => {
  const server = await jwksServer(t);
  const [old, fresh, strange] = await Promise.all(["old", "fresh", "strange"].map((kid) => signer("ES256", kid)));
  const verify = async (token) => codeOf(verifyJwt(await token, { keys: server.url, algorithms: ["ES256"], issuer, audience }));
  server.set = old.keys;
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => verify(old.sign()))), ["ok", "ok", "ok"]);
  assert.equal(server.requests.length, 1);
  server.set = { keys: [old.jwk, fresh.jwk] };
  assert.equal(await verify(fresh.sign()), "ok");
  assert.equal(server.requests.length, 2);
  for (let i = 0; i < 5; i++) assert.equal(await verify(strange.sign()), "jwks_no_key");
  assert.equal(server.requests.length, 2);
});

test("a redirect is not followed, and an error is one", async (t) => {
  const server = await jwksServer(t);
  const { keys, sign } = await signer("ES256", "k");
  const token = await sign();
  const verify = () => verifyJwt(token, { keys: server.url, algorithms: ["ES256"], issuer, audience });
  server.set = keys;
  server.status = 302;
  server.headers = { location: "/elsewhere" };
  assert.equal(await codeOf(verify()), "jwks_http");
  server.status = 500;
  await assert.rejects(verify(), { code: "jwks_http", status: 500, retryable: true });
  assert.deepEqual(server.requests, ["/jwks", "/jwks"]);
});

test("keys are not fetched over plain http from elsewhere", async () => {
  const { token } = (await corpus())[1];
  const at = (url) => codeOf(verifyJwt(token, { keys: new URL(url), algorithms: ["RS256"], issuer, audience }));
  assert.equal(await at("http://op.example/jwks"), "insecure_endpoint");
  assert.equal(await at("file:///etc/passwd"), "config_invalid");
});

test("its errors are instances of every entry's AuthError, and nothing else is", async () => {
  const error = await verifyJws("", { keys: { keys: [] }, algorithms: ["RS256"] }).catch((thrown) => thrown);
  for (const entry of ["portcullis", "portcullis/slim", "portcullis/connect", "portcullis/verify"]) {
    const { AuthError: Theirs } = await import(entry);
    class Own extends Theirs {}
    assert.ok(error instanceof Theirs, entry);
    const others = [new Error("x"), Object.assign(new Error("x"), { name: "AuthError" }), { ...error, name: "AuthError" }, null, undefined, "AuthError"];
    for (const other of others) assert.ok(!(other instanceof Theirs), entry);
    assert.ok(!(error instanceof Own), "a class made of it has its own");
  }
});

test("a logout token that another implementation signed is good once, and an ID token is none", async () => {
  const { keys, sign } = await signer("ES256");
  const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
  const options = { keys, algorithms: ["ES256"], issuer, audience };
  const token = await sign({ sub: "alice", sid: "s-1", jti: "j-1", events }, { typ: "logout+jwt" });
  const { claims } = await verifyLogoutToken(token, options);
  assert.deepEqual([claims.sub, claims.sid, claims.events], ["alice", "s-1", events]);
  const again = await verifyLogoutToken(token, options).catch((error) => error);
  assert.ok(again instanceof AuthError);
  assert.deepEqual([again.code, again.retryable, /\bjti\b/.test(again.message)], ["logout_token", false, true]);
  assert.equal(await codeOf(verifyJwt(token, options)), "jwt_typ");
  assert.equal(await codeOf(verifyLogoutToken(await sign({ sub: "alice", nonce: "n", jti: "j-2" }), options)), "logout_token");
  assert.equal(await codeOf(verifyLogoutToken(undefined, options)), "jwt_malformed");
});
