/** The client for tests of applications: to whoever watches it, it is as the real one. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";

import { codeTable } from "../../scripts/lib/codes.mjs";
import { AuthError as RealError, createAuth } from "../../pkg/dist/index.js";
import { AuthError, createFakeProvider, createMockAuth, memoryStorage } from "../../pkg/dist/testing.js";
import { signedOut } from "./fake.mjs";

const ada = { sub: "ada", name: "Ada", roles: ["a", { deep: true }] };
const app = { issuer: "https://id.test", clientId: "app", redirectUri: "https://app.test/callback", persist: "memory" };
const coded = (code) => (error) => error instanceof AuthError && error.code === code;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A mock on a clock moved by hand, and what its listeners heard. */
function observed(options) {
  const clock = { now: 1_000 };
  const mock = createMockAuth({ now: () => clock.now, ...options });
  const heard = [];
  mock.subscribe((state) => heard.push(state.status));
  for (const event of ["signed-in", "signed-out", "refreshed", "problem"]) {
    mock.on(event, (detail) => heard.push([event, detail.reason ?? detail.user?.sub ?? detail.accessTokenExpiresAt ?? detail.error.code]));
  }
  return { mock, clock, heard };
}

describe("a mock", () => {
  it("has every member of a client, and its methods may be taken off it", async () => {
    const real = await createAuth(app);
    const mock = createMockAuth({ user: ada });
    const missing = Object.keys(real).filter((name) => typeof mock[name] !== typeof real[name] && name !== "user");
    assert.deepEqual(missing, []);
    real.dispose();
    const { getAccessToken } = mock;
    assert.equal(await getAccessToken(), "test-access-token");
  });

  it("begins signed out, or as the user it is given", () => {
    assert.deepEqual(createMockAuth().state, signedOut);
    assert.deepEqual(createMockAuth({ user: ada, signedIn: false }).state, signedOut);
    assert.deepEqual(createMockAuth({ user: ada, scope: ["openid", "mail"], now: () => 10.5, expiresIn: 60 }).state, {
      status: "signed-in", user: { iss: "https://id.test", ...ada }, accessTokenExpiresAt: 70, scope: ["openid", "mail"],
    });
    assert.equal(createMockAuth({ signedIn: true, expiresIn: null }).state.accessTokenExpiresAt, null);
  });

  it("gives one frozen snapshot until something changes", () => {
    const mock = createMockAuth({ user: ada });
    const before = mock.state;
    mock.signIn();
    assert.notEqual(mock.user, null);
    mock.emit("refreshed", { accessTokenExpiresAt: 1 });
    const after = mock.state;
    mock.emit("idle-warning", { secondsLeft: 1 });
    assert.equal(mock.state, after);
    for (const part of [before, before.scope, before.user, before.user.roles, before.user.roles[1]]) assert.ok(Object.isFrozen(part));
    mock.signOut();
    assert.notEqual(mock.state, before);
    assert.equal(before.user.sub, "ada");
  });

  it("signs in at once, and writes down how it was called", async () => {
    const { mock, heard } = observed({ user: ada, signedIn: false });
    const result = await mock.login({ returnTo: "/reports?a=1#b", appState: { tab: 1 }, scope: "openid mail" });
    assert.deepEqual(result, { user: mock.user, returnTo: "/reports?a=1#b", appState: { tab: 1 }, replayed: false });
    assert.deepEqual(heard, ["signing-in", "signed-in", ["signed-in", "ada"]]);
    assert.deepEqual(mock.state.scope, ["openid", "mail"]);
    assert.deepEqual(mock.calls.login, [[{ returnTo: "/reports?a=1#b", appState: { tab: 1 }, scope: "openid mail" }]]);
    assert.deepEqual(mock.calls.logout, []);
    assert.deepEqual(mock.trace().map(({ step }) => step), ["login"]);
  });

  it("goes nowhere off its origin", async () => {
    const { mock, heard } = observed();
    assert.equal((await mock.login({ returnTo: "https://evil.example/" })).returnTo, "/");
    assert.deepEqual(heard[0], ["problem", "return_to_rejected"]);
  });

  it("hands back what JSON makes of an application's state, and refuses what it cannot make anything of", async () => {
    const { mock, heard } = observed();
    assert.equal((await mock.login({ appState: () => {} })).appState, null);
    mock.signOut();
    heard.length = 0;
    await assert.rejects(mock.login({ appState: 1n }), coded("config_invalid"));
    assert.deepEqual([mock.user, heard.filter(([event]) => event === "signed-in")], [null, []]);
  });

  it("fails as it is told, once, and as often as it is told", async () => {
    const { mock, heard } = observed();
    mock.fail("login", "popup_blocked");
    await assert.rejects(mock.login({ mode: "popup" }), coded("popup_blocked"));
    assert.deepEqual(heard, ["signing-in", "signed-out"]);
    await mock.login();
    mock.fail("userinfo", "userinfo_invalid", { times: 2, status: 200, place: "sub" });
    for (const _ of [1, 2]) {
      await assert.rejects(mock.userinfo(), { code: "userinfo_invalid", status: 200, message: /\(sub\)$/ });
    }
    assert.equal((await mock.userinfo()).sub, "test-user");
  });

  it("handles a callback once, and knows it again", async () => {
    const { mock, heard } = observed({ user: ada, signedIn: false });
    const url = "https://app.test/callback?code=c&state=s";
    assert.ok(mock.isCallback(url));
    for (const other of ["https://app.test/?state=s", "https://app.test/callback", "nonsense", ""]) assert.ok(!mock.isCallback(other), other);
    const [first, second] = await Promise.all([mock.handleCallback(url), mock.handleCallback(url)]);
    assert.equal(first, second);
    assert.deepEqual([first.replayed, first.returnTo, first.appState], [false, "/", null]);
    assert.equal((await mock.handleCallback(url)).replayed, true);
    assert.equal(heard.filter(([event]) => event === "signed-in").length, 1);
    assert.equal(mock.calls.handleCallback.length, 3);
    mock.signOut();
    await assert.rejects(mock.handleCallback(url), coded("callback_state_unknown"));
    await assert.rejects(mock.handleCallback("https://app.test/callback?error=access_denied&error_description=no&state=t"),
      ({ code, oauth }) => code === "authorization_error" && oauth.error === "access_denied" && oauth.description === "no");
  });

  it("takes a callback that failed for used, as the real one does", async () => {
    const { mock } = observed();
    const denied = "https://app.test/callback?error=access_denied&state=s";
    await Promise.all([1, 2].map(() => assert.rejects(mock.handleCallback(denied), coded("authorization_error"))));
    await assert.rejects(mock.handleCallback(denied), coded("callback_state_unknown"));
    const url = "https://app.test/callback?code=c&state=t";
    mock.fail("handleCallback", "token_http");
    await assert.rejects(mock.handleCallback(url), { code: "token_http", retryable: false });
    await assert.rejects(mock.handleCallback(url), coded("callback_state_unknown"));
    assert.equal(mock.user, null);
  });

  it("starts what a provider initiates, and ends what it ends", async () => {
    const mock = createMockAuth({ user: { ...ada, sid: "s1" }, signedIn: false });
    await assert.rejects(mock.handleInitiatedLogin("https://app.test/start?iss=https://evil.example"), coded("initiate_iss"));
    const { returnTo } = await mock.handleInitiatedLogin("https://app.test/start?iss=https://id.test&target_link_uri=https://app.test/7");
    assert.equal(returnTo, "/7");
    assert.equal(await mock.handleFrontChannelLogout("https://app.test/out?iss=https://evil.example&sid=s1"), false);
    assert.equal(await mock.handleFrontChannelLogout("https://app.test/out?iss=https://id.test&sid=s2"), true);
    assert.equal(mock.state.status, "signed-in");
    assert.equal(await mock.handleFrontChannelLogout("https://app.test/out?iss=https://id.test&sid=s1"), true);
    assert.equal(mock.state.status, "signed-out");
  });

  it("refreshes an expired token, once for everybody who asks", async () => {
    const { mock, clock, heard } = observed({ user: ada, expiresIn: 60, accessToken: "at" });
    assert.equal(await mock.getAccessToken(), "at");
    assert.equal(await mock.getAccessToken({ minValidity: 61 }), "at-2");
    clock.now += 31;
    assert.deepEqual(await Promise.all([mock.getAccessToken(), mock.getAccessToken()]), ["at-3", "at-3"]);
    mock.expire();
    assert.ok(mock.state.accessTokenExpiresAt < clock.now);
    assert.equal(await mock.getAccessToken(), "at-4");
    assert.equal(await mock.getAccessToken({ forceRefresh: true }), "at-5");
    // where nothing in it changes there is no new snapshot
    assert.deepEqual(heard, [["refreshed", 1_060], "signed-in", ["refreshed", 1_091], "signed-in", "signed-in", ["refreshed", 1_091], ["refreshed", 1_091]]);
    await createMockAuth().getAccessToken().then(() => assert.fail(), (error) => assert.ok(coded("login_required")(error)));
  });

  it("is stale without its provider, and over when that refuses", async () => {
    const { mock, heard } = observed({ user: ada });
    mock.fail("refresh", "network");
    await assert.rejects(mock.getAccessToken({ forceRefresh: true }), { code: "network", retryable: true });
    assert.equal(mock.state.status, "stale");
    await mock.getAccessToken({ forceRefresh: true });
    assert.equal(mock.state.status, "signed-in");
    mock.goStale();
    mock.expire();
    mock.fail("refresh", "session_expired", { status: 400 });
    await assert.rejects(mock.userinfo(), coded("session_expired"));
    assert.deepEqual(heard.slice(-2), ["signed-out", ["signed-out", "refused"]]);
    await assert.rejects(mock.userinfo(), coded("login_required"));
  });

  it("is stale for whatever the client is stale for: all but a refusal, and what nobody was asked", async () => {
    const source = await readFile(new URL("../../src/client/tokens.rs", import.meta.url), "utf8");
    const list = /fn is_of_this_browser[^}]*?matches!\(([^)]*\(\)[^)]*)\)/.exec(source)[1];
    const snake = (name) => name.replace(/(?!^)[A-Z]/g, "_$&").toLowerCase();
    const unasked = [...list.matchAll(/Code::(\w+)/g)].map(([, name]) => snake(name));
    assert.ok(unasked.includes("dpop_key_lost"));
    const others = [];
    for (const { code } of (await codeTable()).flatMap(({ rows }) => rows)) {
      const mock = createMockAuth({ user: ada });
      mock.fail("refresh", code);
      await assert.rejects(mock.getAccessToken({ forceRefresh: true }), coded(code));
      if (mock.state.status !== "stale") others.push(code);
    }
    assert.deepEqual(others.sort(), [...unasked, "disposed", "login_required", "session_expired"].sort());
  });

  it("signs out, whatever comes", async () => {
    const { mock, heard } = observed({ user: ada });
    const done = mock.logout({ localOnly: true });
    assert.equal(mock.user, null);
    await done;
    await mock.logout();
    assert.deepEqual(heard, ["signed-out", ["signed-out", "logout"]]);
    assert.deepEqual(mock.calls.logout, [[{ localOnly: true }], []]);
  });

  it("holds calls, and lets them go", async () => {
    const { mock } = observed();
    const release = mock.hold("login");
    const login = mock.login();
    await turn();
    assert.equal(mock.state.status, "signing-in");
    release();
    await login;
    assert.equal(mock.state.status, "signed-in");
    const held = mock.hold("refresh");
    const token = mock.getAccessToken({ forceRefresh: true });
    await turn();
    mock.signOut("other-tab");
    held();
    await assert.rejects(token, coded("login_required"));
  });

  it("ends a call whose signal does", async () => {
    const mock = createMockAuth();
    const release = mock.hold("login");
    const control = new AbortController();
    const login = mock.login({ signal: control.signal });
    control.abort("enough");
    release();
    await assert.rejects(login, (error) => coded("aborted")(error) && error.cause === "enough");
    await turn();
    assert.equal(mock.state.status, "signed-out");
    await assert.rejects(mock.login({ signal: AbortSignal.abort() }), coded("aborted"));
  });

  it("rejects and stays silent once it is disposed of, as the real one does", async () => {
    const outcomes = async (auth) => {
      const heard = [];
      auth.subscribe((state) => heard.push(state.status));
      auth.dispose();
      const rejected = [];
      for (const method of ["login", "handleCallback", "getAccessToken", "userinfo", "logout", "diagnose", "handleInitiatedLogin", "handleFrontChannelLogout"]) {
        rejected.push(await auth[method]().catch(({ code }) => `${method} ${code}`));
      }
      rejected.push(await auth.fetch("https://app.test/").catch(({ code }) => `fetch ${code}`));
      for (const method of ["isCallback", "trace"]) {
        try { auth[method](); } catch ({ code }) { rejected.push(`${method} ${code}`); }
      }
      auth.dispose();
      return [rejected, heard, auth.state, typeof auth.on("problem", () => {})];
    };
    const mock = createMockAuth();
    const release = mock.hold("diagnose");
    const inFlight = assert.rejects(mock.diagnose(), coded("disposed"));
    assert.deepEqual(await outcomes(mock), await outcomes(await createAuth(app)));
    await inFlight;
    release();
    const told = [];
    mock.on("idle-warning", (detail) => told.push(detail));
    mock.emit("idle-warning", { secondsLeft: 1 });
    assert.deepEqual(told, []);
    mock.signIn();
    mock.signOut();
    assert.equal(mock.state.status, "signed-out");
  });

  it("refreshes nothing once it is disposed of", async () => {
    const { mock } = observed({ user: ada });
    const release = mock.hold("refresh");
    const token = assert.rejects(mock.getAccessToken({ forceRefresh: true }), coded("disposed"));
    mock.expire();
    await turn();
    const { state } = mock;
    mock.dispose();
    release();
    await token;
    await turn();
    assert.equal(mock.state, state);
  });

  it("diagnoses nothing unless it is told what", async () => {
    assert.deepEqual((await createMockAuth().diagnose()).checks, []);
    const diagnosis = { ok: false, checks: [{ id: "pkce", ok: false, detail: "none" }], report: "r" };
    assert.equal(await createMockAuth({ diagnosis }).diagnose(), diagnosis);
  });

  it("tells a first listener what came before it, as the real one does", async () => {
    const mock = createMockAuth();
    mock.emit("problem", { error: mock.error("storage_full") });
    const heard = [];
    mock.on("problem", ({ error }) => heard.push(error.code));
    await turn();
    assert.deepEqual(heard, ["storage_full"]);
  });
});

describe("the fetch of a mock", () => {
  const api = "https://api.test/me";
  /** An API that answers what is in `answers`, then 200; and what it was sent. */
  function served(answers = [], options = {}) {
    const sent = [];
    const fetch = async (input, init) => {
      const request = new Request(input, init);
      sent.push([request.url, request.headers.get("authorization"), await request.text()]);
      return answers.shift() ?? Response.json({ ok: true });
    };
    const mock = createMockAuth({ user: ada, accessToken: "at", apiOrigins: ["https://api.test"], fetch, ...options });
    return { mock, sent };
  }
  const refused = (challenge) => new Response(null, { status: 401, headers: { "www-authenticate": challenge } });

  it("adds the token for allowed origins, and sends nothing to others", async () => {
    const { mock, sent } = served();
    for (const headers of [{ Authorization: "mine" }, new Headers({ Authorization: "mine" })]) await mock.fetch(api, { headers });
    await mock.fetch(new Request(api, { method: "POST", body: "x" }), { headers: { c: "d" } });
    assert.deepEqual(sent, [[api, "Bearer at", ""], [api, "Bearer at", ""], [api, "Bearer at", "x"]]);
    for (const other of ["https://api.test.evil.example/", "http://api.test/", "https://app.test/"]) {
      await assert.rejects(mock.fetch(other), coded("origin_not_allowed"), other);
    }
    mock.signOut();
    await assert.rejects(mock.fetch(api), coded("login_required"));
    assert.equal(sent.length, 3);
  });

  it("takes relative URLs, to the page's own origin unless told otherwise", async () => {
    const { mock, sent } = served([], { apiOrigins: undefined });
    await mock.fetch("/api");
    assert.equal(sent[0][0], "https://app.test/api");
  });

  it("refreshes and replays once, the body included", async () => {
    const { mock, sent } = served([refused('Bearer error="invalid_token"'), refused('Bearer error="invalid_token"')]);
    assert.equal((await mock.fetch(new Request(api, { method: "POST", body: "x" }))).status, 401);
    assert.deepEqual(sent, [[api, "Bearer at", "x"], [api, "Bearer at-2", "x"]]);
    assert.equal((await served([refused("Bearer")]).mock.fetch(api)).status, 401);
  });

  it("heeds the challenges that the real one heeds", async () => {
    let answers = [];
    const fetch = async () => answers.shift() ?? Response.json({ ok: true });
    const provider = createFakeProvider({ issuer: app.issuer, clientId: app.clientId, fetch });
    const real = await createAuth({ ...app, persist: "tab", storage: memoryStorage(), host: provider.host, apiOrigins: ["https://api.test"] });
    real.login().catch(() => {}); // until it is disposed of
    await real.handleCallback(await provider.authorize(await provider.navigation()));
    const mock = createMockAuth({ user: ada, apiOrigins: ["https://api.test"], fetch });
    const outcome = async (auth, ...challenges) => {
      answers = challenges.map(refused);
      return auth.fetch(api).then(({ status }) => status, ({ code, acrValues, maxAge }) => [code, acrValues, maxAge]);
    };
    const stepUp = 'error="insufficient_user_authentication"';
    const heard = {};
    for (const challenge of [
      'Bearer error="invalid_token"', "bearer error=invalid_token", 'Bearer realm="a \\"b\\", error=x", error = "invalid_token"',
      'Basic realm="error=foo", Bearer error="invalid_token"', 'Negotiate YWJj==, Bearer error="invalid_token"',
      'DPoP error="invalid_token"', 'error="invalid_token"', 'Bearer realm="x", DPoP error="invalid_token"', 'Bearer realm="invalid_token"', "",
      `Bearer ${stepUp}`, `Bearer ${stepUp}, acr_values="mfa  pwd", max_age=5`, `Bearer ${stepUp}, max_age="soon"`, `DPoP ${stepUp}`,
    ]) heard[challenge] = [await outcome(mock, challenge), await outcome(real, challenge)];
    // the second answer is heeded, too, though the call is repeated but once
    for (const second of ['Bearer error="invalid_token"', `Bearer ${stepUp}, acr_values="mfa"`, "Bearer"]) {
      const both = ['Bearer error="invalid_token"', second];
      heard[both.join(" then ")] = [await outcome(mock, ...both), await outcome(real, ...both)];
      assert.deepEqual(answers, []);
    }
    real.dispose();
    for (const [challenge, [ours, theirs]] of Object.entries(heard)) assert.deepEqual(ours, theirs, challenge);
    assert.deepEqual(heard['DPoP error="invalid_token"'], [401, 401]);
  });

  it("says what a stronger sign-in has to be", async () => {
    const { mock } = served([refused('Bearer error="insufficient_user_authentication", acr_values="mfa pwd", max_age=5')]);
    await assert.rejects(mock.fetch(api), (error) =>
      coded("step_up_required")(error) && error.maxAge === 5 && error.acrValues.join() === "mfa,pwd");
  });

  it("rejects with what the platform rejects with", async () => {
    const failed = new TypeError("failed");
    const { mock } = served([], { fetch: () => Promise.reject(failed) });
    await assert.rejects(mock.fetch(api), (error) => error === failed);
    await assert.rejects(mock.fetch(api, { signal: AbortSignal.abort(failed) }), (error) => error === failed);
  });
});

describe("the errors of a mock", () => {
  it("are those of the table, for every code", async () => {
    const { error } = createMockAuth();
    for (const { code, retryable, sentence, remedy } of (await codeTable()).flatMap(({ rows }) => rows)) {
      const made = error(code);
      assert.deepEqual([made.message, made.remedy, made.retryable], [`${code}: ${sentence}`, remedy, retryable]);
      assert.equal(error(code, { status: 400 }).retryable, false);
    }
  });

  it("are instances of the class that the application knows", async () => {
    const mock = createMockAuth();
    mock.fail("login", "network", { cause: 5 });
    const error = await mock.login().catch((error) => error);
    assert.ok(error instanceof RealError && error instanceof Error);
    assert.equal(error.cause, 5);
    assert.equal(JSON.parse(JSON.stringify(error)).code, "network");
  });
});
