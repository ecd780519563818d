/** `jose` as the oracle, in Chromium: what it signs verifies here, and what is refused here it refuses, too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSync } from "esbuild";

import { ALGORITHMS } from "../support/algorithms.mjs";
import { inTime } from "../support/time.mjs";
import { world } from "./support.mjs";

/** `jose` as a page loads it. */
function bundled() {
  const { outputFiles: [{ text }] } = buildSync({
    stdin: { contents: 'export * from "jose";', resolveDir: import.meta.dirname },
    bundle: true, format: "esm", platform: "browser", write: false, logLevel: "silent",
  });
  return text;
}

/**
 * What two libraries make of tokens of one algorithm: names of those that came out wrong. Runs in the page.
 */
async function compare(alg) {
  const [jose, { verifyJws, verifyJwt }] = await Promise.all([import("/jose.js"), import("/portcullis/verify.js")]);
  const now = 1_800_000_000;
  const claims = { iss: "https://id.example", aud: "api", sub: "alice", iat: now, exp: now + 300, text: "é\u0000\"" };
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  const other = await jose.generateKeyPair(alg);
  const sign = (patch = {}, { key = privateKey, header = {} } = {}) =>
    new jose.SignJWT({ ...claims, ...patch }).setProtectedHeader({ alg, kid: "k", typ: "JWT", ...header }).sign(key);
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: "k", alg, use: "sig" };

  const theirs = (token) => jose.jwtVerify(token, publicKey, {
    algorithms: [alg], issuer: claims.iss, audience: claims.aud, clockTolerance: 30, currentDate: new Date(now * 1000), typ: "JWT", requiredClaims: ["iat", "exp"],
  });
  const options = (crypto) => ({ keys: { keys: [jwk] }, algorithms: [alg], crypto });
  const ours = (token, crypto) => verifyJwt(token, { ...options(crypto), issuer: claims.iss, audience: claims.aud, now });

  const wrong = [];
  const expect = async (name, verdict, promise) => {
    const result = await promise.then(() => "accepted", () => "refused");
    if (result !== verdict) wrong.push(`${name}: ${result}`);
  };

  // What is signed verifies, and is read alike.
  const good = await sign();
  const { payload, protectedHeader } = await theirs(good);
  for (const crypto of ["web", "software"]) {
    const both = await Promise.all([verifyJws(good, options(crypto)), ours(good, crypto)]).catch(({ code }) => wrong.push(`${crypto}: ${code}`));
    if (!Array.isArray(both)) continue;
    const [jws, jwt] = both;
    const same = (one, two) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(two).sort());
    if (!same(JSON.parse(new TextDecoder().decode(jws.payload)), payload)) wrong.push(`${crypto}: another payload`);
    if (!same(jwt.claims, payload) || !same(jwt.header, protectedHeader)) wrong.push(`${crypto}: other claims`);
  }

  // What is not, neither takes.
  const [header, body, signature] = good.split(".");
  const bytes = jose.base64url.decode(signature);
  const signatureOf = (change) => {
    const changed = change(Uint8Array.from(bytes));
    return [header, body, jose.base64url.encode(changed)].join(".");
  };
  const flip = (at) => (all) => {
    all.set([all.at(at) ^ 1], at < 0 ? all.length + at : at);
    return all;
  };
  const text = (value) => jose.base64url.encode(JSON.stringify(value));
  const kin = { RS: "PS", PS: "RS" }[alg.slice(0, 2)];
  const bad = {
    "first bit of the signature": signatureOf(flip(0)),
    "last bit of the signature": signatureOf(flip(-1)),
    "middle of the signature": signatureOf(flip(bytes.length >> 1)),
    "a signature cut short": signatureOf((all) => all.slice(0, -1)),
    "a signature and a byte": signatureOf((all) => Uint8Array.of(...all, 0)),
    "a byte and a signature": signatureOf((all) => Uint8Array.of(0, ...all)),
    "a signature of zeros": signatureOf((all) => all.fill(0)),
    "halves exchanged": signatureOf((all) => Uint8Array.of(...all.slice(all.length / 2), ...all.slice(0, all.length / 2))),
    "no signature": `${header}.${body}.`,
    "two segments": `${header}.${body}`,
    "four segments": `${good}.${signature}`,
    "other claims": [header, text({ ...claims, sub: "mallory" }), signature].join("."),
    "another header": [text({ alg, kid: "k", typ: "jwt" }), body, signature].join("."),
    "alg none": `${text({ alg: "none", typ: "JWT" })}.${body}.`,
    "alg HS256": [text({ alg: "HS256", kid: "k", typ: "JWT" }), body, signature].join("."),
    ...(kin && { "a related algorithm": [text({ alg: alg.replace(/^../, kin), kid: "k", typ: "JWT" }), body, signature].join(".") }),
    "another key": await sign({}, { key: other.privateKey }),
    "another kind": await sign({}, { header: { typ: "at+jwt" } }),
    "a critical extension": await new jose.CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg, kid: "k", typ: "JWT", crit: ["x-own"], "x-own": 1 })
      .sign(privateKey, { crit: { "x-own": true } }),
    "no JSON": await new jose.CompactSign(new TextEncoder().encode("alice")).setProtectedHeader({ alg, kid: "k", typ: "JWT" }).sign(privateKey),
    "another issuer": await sign({ iss: "https://id.example/" }),
    "another audience": await sign({ aud: ["API", "other"] }),
    "expired": await sign({ exp: now - 30 }),
    "not yet": await sign({ nbf: now + 31 }),
    "no end": await sign({ exp: undefined }),
    "no beginning": await sign({ iat: undefined }),
    "a time that is text": await sign({ exp: String(now + 300) }),
  };
  for (const [name, token] of Object.entries(bad)) {
    await expect(`jose, ${name}`, "refused", theirs(token));
    for (const crypto of ["web", "software"]) await expect(`${crypto}, ${name}`, "refused", ours(token, crypto));
  }
  // Neighbours of the refused that both take.
  const fair = {
    "just not expired": await sign({ exp: now - 29 }),
    "just begun": await sign({ nbf: now + 30 }),
    "one of several audiences": await sign({ aud: ["other", "api"] }),
  };
  for (const [name, token] of Object.entries(fair)) {
    await expect(`jose, ${name}`, "accepted", theirs(token));
    for (const crypto of ["web", "software"]) await expect(`${crypto}, ${name}`, "accepted", ours(token, crypto));
  }
  return { wrong, tried: Object.keys(bad).length };
}

test("jose and portcullis/verify agree on tokens of every algorithm", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile();
  const body = bundled();
  await context.route("**/jose.js", (route) => route.fulfill({ contentType: "text/javascript", body }));
  const page = await open(context);
  for (const alg of ALGORITHMS) {
    await t.test(alg, async () => {
      const { wrong, tried } = await inTime(page.evaluate(compare, alg), alg);
      assert.deepEqual(wrong, []);
      assert.ok(tried > 20);
    });
  }
});
