/** The provider in process: the real client signs in at it, and it refuses what a provider has to refuse. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";

import { createAuth } from "../../pkg/dist/index.js";
import { createFakeProvider, memoryStorage } from "../../pkg/dist/testing.js";
import { app, asked, issuer, redirectUri, world } from "./in-process.mjs";

/** The real client, signed in: the page is left, and opened again by the callback. */
async function signIn({ op, open }, user) {
  const before = await open();
  before.login().catch(() => {}); // the page is left
  const callback = await op.authorize(await op.navigation(), { user });
  before.dispose();
  const auth = await open();
  return { auth, callback, result: await auth.handleCallback(callback) };
}

const post = (op, params) => op.fetch(op.metadata.token_endpoint, { method: "POST", body: new URLSearchParams({ client_id: "app", ...params }) });

describe("the real client at a provider in process", () => {
  it("signs in, refreshes, and signs out", async () => {
    const there = world();
    const { op, clock } = there;
    const { auth, result } = await signIn(there, "bob");
    assert.equal(result.user.sub, "bob");
    const first = await auth.getAccessToken();
    const second = await auth.getAccessToken({ forceRefresh: true });
    clock.now += 301;
    const third = await auth.getAccessToken();
    assert.equal(new Set([first, second, third]).size, 3);
    assert.deepEqual(await auth.userinfo(), { sub: "bob" });
    assert.deepEqual(auth.state.scope, ["openid", "offline_access"]);
    await auth.logout();
    assert.equal(auth.state.status, "signed-out");
    const leaving = await op.navigation();
    assert.match(leaving, /^https:\/\/id\.test\/end-session\?/);
    assert.match(await op.endSession(leaving), /^https:\/\/app\.test\/\?state=/);
    assert.deepEqual(asked(op), ["discovery 200", "jwks 200", "token 200", "token 200", "token 200", "userinfo 200", "revoke 200"]);
    auth.dispose();
  });

  it("gives out a token for as long as it is good for 30 seconds more, or as many as are asked for", async () => {
    const there = world();
    const { clock } = there;
    const { auth } = await signIn(there);
    const left = (seconds) => (clock.now = auth.state.accessTokenExpiresAt - seconds);
    const isKept = async (options) => {
      const before = await auth.getAccessToken({ minValidity: 0 });
      return (await auth.getAccessToken(options)) === before;
    };
    left(30);
    assert.deepEqual([await isKept(), await isKept({}), await isKept({ minValidity: null })], [true, true, true]);
    left(29);
    assert.equal(await isKept(), false);
    left(29);
    assert.equal(await isKept({ minValidity: 29 }), true);
    assert.equal(await isKept({ minValidity: 28.5 }), true);
    assert.equal(await isKept({ minValidity: 29.5 }), false);
    left(1);
    assert.equal(await isKept({ minValidity: -5 }), true);
    left(29);
    await auth.userinfo(); // which asks for no less
    assert.equal(auth.state.accessTokenExpiresAt, clock.now + 300);
    auth.dispose();
  });

  it("keeps a session in a store that refuses what it can do without, and says so if it refuses the session", async () => {
    for (const [refused, problems] of [
      [/\.(open|active|outage|automatic|metadata|jwks)$/, []],
      [/\.session$/, ["storage_unavailable", "storage_unavailable"]],
    ]) {
      const kept = memoryStorage();
      const storage = {
        ...kept,
        set: async (key, text) => {
          if (refused.test(key)) throw new Error("refused");
          await kept.set(key, text);
        },
      };
      const there = world();
      const told = [];
      const open = async () => {
        const auth = await there.open({ storage, persist: "tab", idleTimeout: 900 });
        auth.on("problem", ({ error }) => told.push(error.code));
        return auth;
      };
      const { auth } = await signIn({ ...there, open });
      await auth.getAccessToken({ forceRefresh: true });
      assert.deepEqual(told, problems);
      auth.dispose();
      const next = await open();
      assert.equal(next.state.status, problems.length ? "signed-out" : "signed-in");
      next.dispose();
    }
  });

  it("says so if a store refuses to forget the session, or to remember that it has ended", async () => {
    for (const refused of [/remove .*\.session$/, /set .*\.ended$/]) {
      const kept = memoryStorage();
      const ask = async (method, key, text) => {
        if (refused.test(`${method} ${key}`)) throw new Error("refused");
        await kept[method](key, text);
      };
      const storage = { get: kept.get, set: (key, text) => ask("set", key, text), remove: (key) => ask("remove", key) };
      const there = world();
      const { auth } = await signIn({ ...there, open: () => there.open({ storage }) });
      const told = [];
      auth.on("problem", ({ error }) => told.push(error.code));
      await auth.logout({ localOnly: true });
      assert.equal(auth.state.status, "signed-out");
      assert.deepEqual(told, ["storage_unavailable"], `${refused}`);
      auth.dispose();
    }
  });

  it("hands an application's state back, whatever JSON it is, up to 16 KiB", async () => {
    const nested = (depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [at, 1]));
    const there = world();
    const signsIn = async (appState) => {
      const auth = await there.open({ storage: memoryStorage() });
      const failed = new Promise((_, reject) => auth.login({ appState }).catch(reject));
      try {
        const callback = await there.op.authorize(await Promise.race([there.op.navigation(), failed]));
        const first = await auth.handleCallback(callback);
        const again = await auth.handleCallback(callback);
        assert.deepEqual([again.replayed, again.appState], [true, first.appState]);
        return first.appState;
      } finally {
        failed.catch(() => {});
        auth.dispose();
      }
    };
    const texts = ["cut \ud83d", "\u0000\u2028\\\"", "1", "null", "", "x".repeat(16_382), "\u00e9".repeat(8191), "\\".repeat(8191)];
    for (const state of [...texts, nested(1000), many, { then: 1, "\udc00": [null, -1.5e-7, true] }, [], 0, false, null]) {
      assert.deepEqual(await signsIn(state), state);
    }
    assert.equal(await signsIn(undefined), null);
    for (const state of ["x".repeat(16_383), "\u00e9".repeat(8192), "\\".repeat(8192)]) {
      await assert.rejects(signsIn(state), { code: "config_invalid", message: /\(appState\)$/ });
    }
    const circular = {};
    circular.self = circular;
    for (const state of [1n, circular]) await assert.rejects(signsIn(state), { code: "config_invalid" });
  });

  it("goes nowhere and writes nothing down once it is disposed of, where there is no page either", async () => {
    const there = world();
    const kept = memoryStorage();
    let answer;
    const answered = new Promise((resolve) => (answer = resolve));
    const left = [];
    const host = {
      ...there.op.host,
      fetch: async (...request) => (await answered, there.op.host.fetch(...request)),
    };
    const auth = await there.open({ storage: kept, host: { ...host, navigate: (url) => left.push(url) } });
    const failed = assert.rejects(auth.login(), { code: "disposed" });
    auth.dispose();
    await failed;
    // what it would have gone on with, it would have before another that begins now
    const other = await there.open({ host });
    other.login().catch(() => {});
    answer();
    await there.op.navigation();
    assert.deepEqual([left, Object.keys(kept.entries()).filter((key) => /\.\d$/.test(key))], [[], []]);
    other.dispose();
  });

  it("notices a refresh token that is used twice", async () => {
    const there = world();
    const { auth } = await signIn(there);
    await auth.getAccessToken({ forceRefresh: true });
    await auth.getAccessToken({ forceRefresh: true });
    const [stolen] = there.op.requests.map(({ params }) => params.refresh_token).filter(Boolean);
    const answer = await post(there.op, { grant_type: "refresh_token", refresh_token: stolen });
    assert.deepEqual([answer.status, (await answer.json()).error], [400, "invalid_grant"]);
    await assert.rejects(auth.getAccessToken({ forceRefresh: true }), { code: "session_expired" });
    assert.equal(auth.state.status, "signed-out");
  });

  it("ends its own session, and nobody else's", async () => {
    const { op } = world();
    const sessions = [];
    for (const name of ["a", "b"]) {
      const storage = memoryStorage();
      sessions.push((await signIn({ op, open: () => createAuth({ ...app, name, storage, host: op.host }) })).auth);
    }
    await sessions[0].logout();
    await op.endSession(await op.navigation());
    assert.equal((await sessions[1].userinfo()).sub, "ada");
    for (const auth of sessions) auth.dispose();
  });

  it("is refused once every session is revoked", async () => {
    const there = world();
    const { auth } = await signIn(there);
    there.op.revokeSessions();
    await assert.rejects(auth.userinfo(), { code: "userinfo_unauthorized" });
    await assert.rejects(auth.getAccessToken({ forceRefresh: true }), { code: "session_expired" });
  });

  it("hears what is denied", async () => {
    const { op, open } = world();
    const auth = await open();
    auth.login().catch(() => {});
    const callback = await op.deny(await op.navigation(), { description: "not today" });
    await assert.rejects(auth.handleCallback(callback), ({ code, oauth }) =>
      code === "authorization_error" && oauth.error === "access_denied" && oauth.description === "not today");
  });

  it("meets endpoints that fail, as often as they are told to", async () => {
    const there = world();
    const { op, open } = there;
    op.fail("discovery", "network");
    await assert.rejects((await open()).login(), { code: "network" });
    assert.equal(op.requests[0].status, 0);
    const { auth } = await signIn(world());
    await auth.getAccessToken();
    const { auth: other } = await signIn(there);
    op.fail("token", { status: 503 });
    await assert.rejects(other.getAccessToken({ forceRefresh: true }), { code: "token_http", status: 503 });
    assert.equal(other.state.status, "stale");
    op.fail("userinfo", {}, 2);
    for (const _ of [1, 2]) await assert.rejects(other.userinfo(), { code: "userinfo_invalid" });
    assert.equal((await other.userinfo()).sub, "ada");
  });

  it("is asked for what it was given: nonce, acr, login_hint, an API", async () => {
    const api = async (input) => new Response(new Request(input).headers.get("authorization")?.slice(0, 7));
    const { op, open } = world({ fetch: api });
    const auth = await open();
    auth.login({ acrValues: "mfa", maxAge: 60, loginHint: "bob" }).catch(() => {});
    const { user } = await auth.handleCallback(await op.authorize(await op.navigation()));
    assert.deepEqual([user.sub, user.acr], ["bob", "mfa"]);
    assert.equal(await (await auth.fetch("https://app.test/api")).text(), "Bearer ");
    await assert.rejects(world().op.fetch("https://app.test/api"), TypeError);
  });

  it("signs in without a refresh token, until the access token expires", async () => {
    const there = world({ refreshTokens: false, expiresIn: 60 });
    const { auth } = await signIn(there);
    there.clock.now += 61;
    await assert.rejects(auth.getAccessToken(), { code: "login_required" });
  });
});

describe("a provider in process", () => {
  const verifier = "v".repeat(43);
  const challenge = async () => Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(verifier))).toString("base64url");
  const request = async (op, more = {}) => {
    const url = new URL(op.metadata.authorization_endpoint);
    const params = {
      response_type: "code", client_id: "app", redirect_uri: redirectUri, scope: "openid", state: "s", nonce: "n",
      code_challenge: await challenge(), code_challenge_method: "S256", ...more,
    };
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
    return url.href;
  };
  const codeOf = async (op, more) => new URL(await op.authorize(await request(op, more), { user: "ada" })).searchParams.get("code");
  const redeem = (op, code, more) =>
    post(op, { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier, ...more });
  const refusal = async (response) => [response.status, (await response.json()).error];

  it("issues an ID token that another implementation verifies", async () => {
    const { op, clock } = world();
    const answer = await (await redeem(op, await codeOf(op))).json();
    const keys = createLocalJWKSet(await (await op.fetch(op.metadata.jwks_uri)).json());
    const { payload, protectedHeader } = await jwtVerify(answer.id_token, keys, {
      issuer, audience: "app", subject: "ada", algorithms: ["ES256"], currentDate: new Date(clock.now * 1000), requiredClaims: ["nonce", "exp", "iat"],
    });
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(answer.access_token))).subarray(0, 16);
    assert.deepEqual([payload.nonce, payload.name, payload.at_hash], ["n", "Ada", hash.toString("base64url")]);
    assert.equal(typeof protectedHeader.kid, "string");
    assert.deepEqual([answer.token_type, answer.expires_in, answer.scope], ["Bearer", 300, "openid"]);
    const refreshed = await (await post(op, { grant_type: "refresh_token", refresh_token: answer.refresh_token })).json();
    const again = await jwtVerify(refreshed.id_token, keys, { currentDate: new Date(clock.now * 1000) });
    assert.deepEqual([again.payload.nonce, again.payload.sub, again.payload.auth_time], [undefined, "ada", payload.auth_time]);
  });

  it("redeems a code once, by whoever asked for it", async () => {
    const { op, clock } = world();
    for (const wrong of [{ code_verifier: "w".repeat(43) }, { redirect_uri: "https://app.test/other" }]) {
      assert.deepEqual(await refusal(await redeem(op, await codeOf(op), wrong)), [400, "invalid_grant"], Object.keys(wrong)[0]);
    }
    assert.deepEqual(await refusal(await redeem(op, await codeOf(op), { code_verifier: "short" })), [400, "invalid_request"]);
    assert.deepEqual(await refusal(await redeem(op, await codeOf(op), { client_id: "other" })), [400, "invalid_client"]);
    assert.deepEqual(await refusal(await redeem(op, "made up")), [400, "invalid_grant"]);
    assert.deepEqual(await refusal(await post(op, { grant_type: "password" })), [400, "unsupported_grant_type"]);
    const late = await codeOf(op);
    clock.now += 60;
    assert.deepEqual(await refusal(await redeem(op, late)), [400, "invalid_grant"]);
    const code = await codeOf(op);
    const { access_token } = await (await redeem(op, code)).json();
    const userinfo = () => op.fetch(op.metadata.userinfo_endpoint, { headers: { authorization: `Bearer ${access_token}` } });
    assert.equal((await userinfo()).status, 200);
    assert.deepEqual(await refusal(await redeem(op, code)), [400, "invalid_grant"]);
    assert.equal((await userinfo()).status, 401, "what a stolen code was redeemed for is gone");
  });

  it("lets access tokens expire, and forgets what is revoked", async () => {
    const { op, clock } = world({ expiresIn: 5 });
    const { access_token, refresh_token } = await (await redeem(op, await codeOf(op))).json();
    const userinfo = () => op.fetch(new Request(op.metadata.userinfo_endpoint, { headers: { authorization: `Bearer ${access_token}` } }));
    assert.equal((await userinfo()).status, 200);
    clock.now += 5;
    assert.match((await userinfo()).headers.get("www-authenticate"), /invalid_token/);
    const body = new TextEncoder().encode(`${new URLSearchParams({ token: refresh_token })}`);
    await op.fetch(op.metadata.revocation_endpoint, { method: "POST", body });
    assert.deepEqual(await refusal(await post(op, { grant_type: "refresh_token", refresh_token })), [400, "invalid_grant"]);
  });

  it("ends the session that a sign-out names", async () => {
    const { op } = world();
    const { access_token, id_token } = await (await redeem(op, await codeOf(op))).json();
    const userinfo = async () => (await op.fetch(op.metadata.userinfo_endpoint, { headers: { authorization: `Bearer ${access_token}` } })).status;
    await op.endSession(op.metadata.end_session_endpoint);
    assert.equal(await userinfo(), 200);
    assert.equal(await op.endSession(`${op.metadata.end_session_endpoint}?id_token_hint=${id_token}`), null);
    assert.equal(await userinfo(), 401);
  });

  it("sends nobody back to where it does not know", async () => {
    const { op } = world({ redirectUris: [redirectUri], postLogoutRedirectUris: ["https://app.test/"] });
    await assert.rejects(op.authorize(await request(op, { redirect_uri: "https://evil.example/" })), /not registered/);
    await assert.rejects(op.authorize(await request(op, { client_id: "other" })), /client_id/);
    await assert.rejects(op.authorize(await request(op), { user: "mallory" }), /no user `mallory`/);
    await assert.rejects(op.deny(await request(op, { redirect_uri: "nonsense" })), /not registered/);
    assert.equal(await op.endSession(`${op.metadata.end_session_endpoint}?post_logout_redirect_uri=https://evil.example/`), null);
    assert.equal((await op.fetch(await request(op, { client_id: "other" }))).status, 400);
  });

  it("sends back what is wrong with a request", async () => {
    const { op } = world();
    const wrong = {
      unsupported_response_type: { response_type: "token" }, invalid_scope: { scope: "mail" }, invalid_request: { code_challenge_method: "plain" },
    };
    for (const [error, more] of Object.entries(wrong)) {
      const { searchParams } = new URL(await op.authorize(await request(op, more)));
      assert.deepEqual([searchParams.get("error"), searchParams.get("state"), searchParams.get("iss")], [error, "s", issuer]);
    }
  });

  it("can be served to a browser: redirects, CORS, preflights", async () => {
    const { op } = world();
    const there = await op.fetch(await request(op, { login_hint: "bob" }), { redirect: "manual" });
    assert.equal(there.status, 302);
    assert.match(there.headers.get("location"), /^https:\/\/app\.test\/callback\?code=/);
    const preflight = await op.fetch(op.metadata.userinfo_endpoint, { method: "OPTIONS" });
    assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-origin")], [204, "*"]);
    assert.equal((await op.fetch(op.metadata.end_session_endpoint)).status, 200);
  });

  it("is found below an issuer with a path and a slash", async () => {
    const op = createFakeProvider({ issuer: "https://id.test/realm/", clientId: "app" });
    const document = await (await op.fetch("https://id.test/realm/.well-known/openid-configuration")).json();
    assert.deepEqual([document.issuer, document.token_endpoint], ["https://id.test/realm/", "https://id.test/realm/token"]);
  });
});
