/**
 * `portcullis/verify` on an edge runtime as Cloudflare's: older ones throw at settings of pages, and what one
 * request began may end with it, without any other hearing of that.
 */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as jose from "jose";

/** As before the runtime knew `cache`. */
class EdgeRequest {
  constructor(url, init = {}) {
    if (init.cache) throw new Error("The 'cache' field on 'RequestInitializerDict' is not implemented.");
    Object.assign(this, { url });
  }
}
/** What answers requests, in their order; the last one all that follow. */
let answers;
let asked = 0;
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Cloudflare-Workers" } });
globalThis.Request = EdgeRequest;
globalThis.fetch = async (input, init) => {
  new EdgeRequest(input, init);
  asked += 1;
  return (answers.length > 1 ? answers.shift() : answers[0])();
};

const { verifyJwt } = await import("../../pkg/dist/verify.js");
const { publicKey, privateKey } = await jose.generateKeyPair("ES256");
const keys = { keys: [{ ...(await jose.exportJWK(publicKey)), kid: "k" }] };
const token = await new jose.SignJWT({ sub: "ada" }).setProtectedHeader({ alg: "ES256", kid: "k" })
  .setIssuer("https://id.test").setAudience("api").setIssuedAt().setExpirationTime("1h").sign(privateKey);
const verified = (path) => verifyJwt(token, {
  keys: new URL(path, "https://id.test"), algorithms: ["ES256"], issuer: "https://id.test", audience: "api",
}).then(({ claims }) => claims.sub);
const works = () => Response.json(keys);
let release;
const hangs = () => new Promise((_, reject) => (release = reject));

beforeEach(() => (asked = 0));

test("keys are fetched without settings that the runtime does not know", async () => {
  answers = [works];
  assert.equal(await verified("/settings"), "ada");
});

test("nobody waits for what another request began, and what it brought is everybody's", async () => {
  answers = [hangs, works];
  const first = verified("/others"); // whose client went away
  assert.deepEqual(await Promise.all([verified("/others"), verified("/others")]), ["ada", "ada"]);
  assert.equal(asked, 3);
  assert.equal(await verified("/others"), "ada");
  assert.equal(asked, 3);
  release();
  await assert.rejects(first, { code: "jwks_http" });
});
