/** The wrapper over the real module, as built: what happens when it stops at some instruction. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, beforeEach, describe, it } from "node:test";

import { SignJWT, exportJWK, generateKeyPair } from "jose";

import { trapped } from "./traps.mjs";

const options = {
  issuer: "https://op.example",
  clientId: "app",
  redirectUri: "https://app.example/cb",
  persist: "memory",
};

/** While true, whatever is called in the module traps. */
let trapping = false;
let instances = 0;
/** Late halves that were added to one. */
let halves = 0;
/** What stands in for the first half's exports when the next late half is added to them. */
let instead;

/** The memory of the instance made last. */
let memory;

/** What the platform would report as uncaught: a trap in a callback of its own. */
let uncaught = [];
const { queueMicrotask } = globalThis;
globalThis.queueMicrotask = (callback) => queueMicrotask(() => {
  try {
    callback();
  } catch (error) {
    uncaught.push(error);
  }
});

const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (module, imports) => {
  if (imports.first) halves += 1;
  else instances += 1;
  if (imports.first && instead) imports = { ...imports, first: instead(imports.first) };
  const { exports } = await instantiate(module, imports);
  memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  return { exports: trapped(exports, () => trapping) };
};
const { AuthError, createAuth } = await import("../../pkg/dist/index.js");

const coded = (code) => (error) => error instanceof AuthError && error.code === code;

describe("the built package", () => {
  before(async () => (await createAuth(options)).dispose()); // Node has modules of its own to start
  beforeEach(() => {
    trapping = false;
    instances = 0;
    halves = 0;
    instead = undefined;
    uncaught = [];
  });

  it("gives back what it takes, in whatever order and size", async () => {
    const auth = await createAuth(options);
    const use = async (rounds) => {
      for (let round = 1; round <= rounds; round++) {
        const junk = "x".repeat((round * 7919) % 60_000);
        const url = `${options.redirectUri}?state=${junk}&code=%41${junk.slice(0, 999)}`;
        const calls = [auth.handleCallback(url), auth.login({ appState: junk, scope: "email" }), auth.getAccessToken()];
        assert.equal(auth.isCallback(url), false);
        await Promise.allSettled(calls);
        auth.trace();
      }
      return memory.buffer.byteLength;
    };
    const warm = await use(150);
    assert.equal(await use(150), warm);
    auth.dispose();
  });

  it("starts where a Blob cannot be streamed, as in jsdom", async () => {
    const { stream } = Blob.prototype;
    delete Blob.prototype.stream;
    try {
      const { createAuth } = await import("../../pkg/dist/index.js?streamless");
      const auth = await createAuth(options);
      await assert.rejects(auth.userinfo(), coded("login_required")); // by the late half
      assert.deepEqual([instances, halves], [1, 1]);
      auth.dispose();
    } finally {
      Blob.prototype.stream = stream;
    }
  });

  it("goes on with a new instance after a trap in a call", async () => {
    const auth = await createAuth(options);
    const { state } = auth;
    trapping = true;
    const call = auth.getAccessToken();
    trapping = false;
    await assert.rejects(call, coded("internal"));
    await assert.rejects(auth.getAccessToken(), coded("login_required"));
    assert.equal(instances, 2);
    assert.equal(auth.state, state);
    auth.dispose();
  });

  it("does so after a trap behind a promise, and leaves nothing uncaught", async () => {
    const host = { fetch: async () => Response.json({}) };
    const auth = await createAuth({ ...options, host });
    const call = auth.login(); // waits for the answer when the trap comes
    trapping = true;
    await assert.rejects(call, coded("internal"));
    trapping = false;
    assert.deepEqual(uncaught, []);
    assert.equal(instances, 2);
    await assert.rejects(auth.getAccessToken(), coded("login_required"));
    auth.dispose();
  });

  it("says so when it traps while it starts, and works the next time", async () => {
    const opening = createAuth(options);
    trapping = true;
    await assert.rejects(opening, coded("internal"));
    trapping = false;
    (await createAuth(options)).dispose();
  });

  it("has instances that know nothing of each other", async () => {
    const [one, other] = await Promise.all([createAuth(options), createAuth(options)]);
    trapping = true;
    const call = one.getAccessToken();
    trapping = false;
    await assert.rejects(call, coded("internal"));
    await assert.rejects(other.getAccessToken(), coded("login_required"));
    assert.equal(instances, 3);
    one.dispose();
    other.dispose();
  });

  it("signs in on the first half, and adds the late one when it is needed, once for each instance", async () => {
    const world = await provider();
    const auth = await world.signIn();
    assert.equal(await auth.getAccessToken(), "at1");
    assert.equal(halves, 0);
    await auth.diagnose();
    assert.equal(await auth.getAccessToken({ forceRefresh: true }), "at2");
    assert.equal((await auth.userinfo()).sub, "alice");
    const response = await auth.fetch("https://app.example/api");
    assert.equal(await response.text(), "Bearer at2");
    assert.equal(halves, 1);
    trapping = true;
    const call = auth.userinfo();
    trapping = false;
    await assert.rejects(call, coded("internal"));
    await assert.rejects(auth.userinfo(), coded("login_required")); // on a new instance, without a session
    assert.deepEqual([instances, halves], [2, 2]);
    auth.dispose();
  });

  it("signs out with both halves, and drops what waits in the late one", async () => {
    const world = await provider();
    const auth = await world.signIn();
    await auth.logout();
    assert.equal(auth.state.status, "signed-out");
    assert.deepEqual(world.revoked, ["rt1"]);
    assert.match(world.navigations.at(-1), /^https:\/\/op\.example\/logout\?id_token_hint=/);
    assert.equal(halves, 1);
    world.hold = new Promise(() => {});
    const waiting = auth.diagnose();
    auth.dispose();
    await assert.rejects(waiting, coded("disposed"));
  });

  it("does not join halves of two builds, and still signs out here", async () => {
    const world = await provider();
    const auth = await world.signIn();
    instead = (first) => Object.fromEntries(Object.entries(first).map(([name, value]) =>
      [value instanceof WebAssembly.Global ? "00000000" : name, value]));
    await assert.rejects(auth.userinfo(), (error) => coded("network")(error) && error.cause instanceof WebAssembly.LinkError);
    await auth.logout();
    assert.equal(auth.state.status, "signed-out");
    assert.deepEqual(world.revoked, []);
    auth.dispose();
  });

  it("repeats a call once, and tells what the second answer demands", async () => {
    const world = await provider();
    const auth = await world.signIn();
    const challenge = (text) => new Response("", { status: 401, headers: { "www-authenticate": `Bearer ${text}` } });
    let answers = [];
    world.answer = () => answers.shift();
    answers = [challenge('error="invalid_token"'), challenge('error="invalid_token"')];
    assert.equal((await auth.fetch("https://app.example/api")).status, 401);
    answers = [challenge('error="invalid_token"'), challenge('error="insufficient_user_authentication", acr_values="gold", max_age=5')];
    await assert.rejects(auth.fetch("https://app.example/api"), (error) => {
      assert.deepEqual([error.code, error.status, error.acrValues, error.maxAge], ["step_up_required", 401, ["gold"], 5]);
      return true;
    });
    assert.deepEqual(answers, []);
    assert.equal(await auth.getAccessToken(), "at3");
    auth.dispose();
  });

  it("hands on whatever the host's fetch comes to", async () => {
    const world = await provider();
    const auth = await world.signIn();
    world.answer = () => undefined;
    assert.equal(await auth.fetch("https://app.example/api"), null);
    assert.equal(instances, 1);
    auth.dispose();
  });

  it("settles nothing with what every object inherits", async (t) => {
    const inherited = { by: 0, error: "e", result: { value: "inherited" }, take: () => "inherited", value: "inherited" };
    t.after(() => Object.keys(inherited).forEach((name) => delete Object.prototype[name]));
    for (const [name, value] of Object.entries(inherited)) {
      Object.defineProperty(Object.prototype, name, { __proto__: null, value, configurable: true, writable: true });
    }
    const world = await provider();
    const auth = await world.signIn();
    assert.equal(await auth.getAccessToken({ forceRefresh: true }), "at2");
    await auth.logout();
    assert.equal(instances, 1);
    auth.dispose();
  });

  it("opens a client beside a document that a server made up", async (t) => {
    globalThis.document = {};
    t.after(() => delete globalThis.document);
    (await createAuth(options)).dispose();
    assert.equal(instances, 1);
  });

  it("leaves the module that slim is given in one piece", async () => {
    const slim = await import("../../pkg/dist/slim.js");
    const bytes = await readFile(new URL("../../pkg/dist/portcullis.wasm", import.meta.url));
    const auth = await slim.createAuth(options, bytes);
    await assert.rejects(auth.userinfo(), (error) => error.code === "login_required");
    assert.deepEqual([instances, halves], [1, 0]);
    auth.dispose();
  });
});

/** A provider in memory, for whole sign-ins: `signIn()` resolves with a signed-in client. */
async function provider() {
  const world = { navigations: [], revoked: [], hold: undefined, answer: undefined, signIn };
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k", alg: "ES256", use: "sig" };
  const at = (path) => `https://op.example${path}`;
  const documents = {
    "/.well-known/openid-configuration": {
      issuer: options.issuer, jwks_uri: at("/jwks"), authorization_endpoint: at("/auth"), token_endpoint: at("/token"),
      userinfo_endpoint: at("/me"), revocation_endpoint: at("/revoke"), end_session_endpoint: at("/logout"),
      code_challenge_methods_supported: ["S256"], response_types_supported: ["code"],
      subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["ES256"],
    },
    "/jwks": { keys: [jwk] },
    "/me": { sub: "alice" },
  };
  let tokens = 0;
  let nonce;
  const idToken = () => new SignJWT({ nonce }).setProtectedHeader({ alg: "ES256", kid: "k" }).setIssuer(options.issuer)
    .setSubject("alice").setAudience(options.clientId).setIssuedAt().setExpirationTime("1h").sign(privateKey);

  async function fetch(input, init) {
    await world.hold;
    const request = input instanceof Request ? input : new Request(input, init);
    const { pathname } = new URL(request.url);
    if (documents[pathname]) return Response.json(documents[pathname]);
    if (pathname === "/api" && world.answer) return world.answer();
    if (pathname === "/api") return new Response(request.headers.get("authorization"));
    if (request.method === "GET") return new Response("the portal");
    const form = new URLSearchParams(await request.text());
    if (pathname === "/revoke") return world.revoked.push(form.get("token")), new Response();
    if (form.get("code")?.startsWith("portcullis-")) return Response.json({ error: "invalid_grant" }, { status: 400 });
    tokens += 1;
    return Response.json({
      access_token: `at${tokens}`, refresh_token: `rt${tokens}`, token_type: "Bearer", expires_in: 3600, id_token: await idToken(),
    });
  }

  async function signIn() {
    const kept = new Map();
    const storage = { get: (key) => kept.get(key) ?? null, set: (key, value) => void kept.set(key, value), remove: (key) => void kept.delete(key) };
    let refuse;
    const left = new Promise((resolve, reject) => {
      refuse = reject;
      world.navigate = (url) => (world.navigations.push(url), resolve(new URL(url)));
    });
    const open = () => createAuth({ ...options, storage, host: { fetch, navigate: (url) => world.navigate(url) } });
    const before = await open();
    before.login().catch(refuse); // once the page is left, its client is gone with it
    const { searchParams } = await left;
    before.dispose();
    nonce = searchParams.get("nonce");
    const auth = await open();
    instances = 1;
    await auth.handleCallback(`${options.redirectUri}?code=c&state=${searchParams.get("state")}&iss=${encodeURIComponent(options.issuer)}`);
    return auth;
  }

  return world;
}
