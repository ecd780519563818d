/** The verifier's module over the platform: what it is when it stops, and what a client uses of it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, describe, it } from "node:test";

import { trapped } from "./traps.mjs";

/** While true, whatever is called in the module traps. */
let trapping = false;
let instances = 0;
/** While true, the module cannot be compiled. */
let failing = false;

const { compile, instantiate } = WebAssembly;
WebAssembly.compile = async (bytes) => {
  if (failing && bytes.byteLength > 100_000) throw new Error("out of memory"); // Node has modules of its own
  return compile(bytes);
};
WebAssembly.instantiate = async (module, imports) => {
  if (!imports?.a) return instantiate(module, imports);
  instances += 1;
  const { exports } = await instantiate(module, imports);
  return { exports: trapped(exports, () => trapping) };
};
const { AuthError, verifyJws, verifyJwt } = await import("../../pkg/dist/verify.js");
const { digest, holds } = await import("../../pkg/dist/verifier.js");

/** RFC 8037 A.4. */
const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
const token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const options = { keys: { keys: [jwk] }, algorithms: ["EdDSA"] };
const coded = (code) => (error) => error instanceof AuthError && error.code === code;

describe("the verifier", () => {
  beforeEach(() => {
    trapping = false;
    failing = false;
    instances = 0;
  });

  it("is tried again after it could not be loaded", async () => {
    failing = true;
    await assert.rejects(verifyJws(token, options), (error) => coded("unsupported")(error) && /out of memory/.test(error.cause));
    failing = false;
    await verifyJws(token, options);
    assert.equal(instances, 1);
  });

  it("goes on with a new instance after a trap in a call", async () => {
    await verifyJws(token, options);
    trapping = true;
    await assert.rejects(verifyJws(token, options), coded("internal"));
    trapping = false;
    await verifyJws(token, options);
    assert.equal(instances, 1);
  });

  it("lets nobody wait for an instance that stopped", async (t) => {
    const { fetch } = globalThis;
    t.after(() => (globalThis.fetch = fetch));
    let answer;
    const asked = new Promise((resolve) => {
      globalThis.fetch = () => {
        resolve();
        return new Promise((resolve) => (answer = resolve));
      };
    });
    const claims = { issuer: "i", audience: "a" };
    const waiting = verifyJwt(token, { ...options, ...claims, keys: new URL("https://id.example/jwks") });
    waiting.catch(() => {});
    await asked;
    trapping = true;
    await assert.rejects(verifyJws(token, options), coded("internal"));
    await assert.rejects(waiting, coded("internal"));
    answer(Response.json({})); // too late, and of no consequence
  });

  it("answers a client: whether a signature holds", async () => {
    const [header, payload, signature] = token.split(".");
    const data = Buffer.from(`${header}.${payload}`);
    const bytes = Buffer.from(signature, "base64url");
    assert.equal(await holds("EdDSA", JSON.stringify(jwk), data, bytes), true);
    assert.equal(await holds("EdDSA", JSON.stringify(jwk), data.subarray(1), bytes), false);
    for (const [alg, key] of [["none", JSON.stringify(jwk)], ["ES256", JSON.stringify(jwk)], ["EdDSA", "{}"], ["EdDSA", "nonsense"]]) {
      assert.equal(await holds(alg, key, data, bytes), false, `${alg} ${key}`);
    }
  });

  it("answers a client: digests", async () => {
    const data = Buffer.from("some text");
    for (const bits of [256, 384, 512]) {
      const expected = createHash(`sha${bits}`).update(data).digest("hex");
      assert.equal(Buffer.from(await digest(bits, data)).toString("hex"), expected);
    }
  });
});
