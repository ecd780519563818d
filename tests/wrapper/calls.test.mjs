import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { findings, ids } from "../../pkg/build/findings.js";
import { coded, deferred, open, report } from "./fake.mjs";

const user = { iss: "https://op.test", sub: "alice" };
const result = { user, returnTo: "/", appState: null, replayed: false };
const answers = (method, value) => () => ({ [method]: async () => JSON.stringify(value) });
const callback = "https://app.test/cb?code=c&state=s";

describe("every call", () => {
  const calls = {
    login: (auth) => auth.login(),
    handleCallback: (auth) => auth.handleCallback(callback),
    getAccessToken: (auth) => auth.getAccessToken(),
    fetch: (auth) => auth.fetch("https://api.test/"),
    userinfo: (auth) => auth.userinfo(),
    logout: (auth) => auth.logout(),
    diagnose: (auth) => auth.diagnose(),
  };
  const methods = { logout: "signOut" };
  for (const [method, call] of Object.entries(calls)) {
    const name = methods[method] ?? method;
    it(`rejects with what the module reports: ${name}`, async () => {
      const { auth } = await open(() => ({ [name]: async () => { throw report("network", { retryable: true }); } }));
      await assert.rejects(call(auth), coded("network", {
        retryable: true,
        message: "network: a request got no answer (there)",
        remedy: "check the connection, CORS for this origin, and connect-src of the CSP",
      }));
    });

    it(`rejects, and does not throw, when the module throws: ${name}`, async () => {
      const { auth } = await open(() => ({ [name]: () => { throw report("timeout"); } }));
      const promise = call(auth);
      await assert.rejects(promise, coded("timeout"));
    });

    it(`says internal for anything else thrown: ${name}`, async () => {
      const cause = new RangeError("stack");
      const { auth } = await open(() => ({ [name]: async () => { throw cause; } }));
      await assert.rejects(call(auth), coded("internal", { cause, retryable: true }));
    });

    it(`reaches the module before it returns: ${name}`, async () => {
      const { auth, log } = await open(() => ({ [name]: () => new Promise(() => {}) }));
      call(auth);
      assert.equal(log().at(-1)[0], name);
    });

    it(`rejects with disposed afterwards, and when in flight: ${name}`, async () => {
      const { auth, log } = await open(() => ({ [name]: () => new Promise(() => {}) }));
      const inFlight = call(auth);
      auth.dispose();
      await assert.rejects(inFlight, coded("disposed"));
      await assert.rejects(call(auth), coded("disposed"));
      const reached = log().map(([method]) => method).filter((method) => !["tokenAtHand", "trace"].includes(method));
      assert.deepEqual(reached, ["restore", name, "dispose", "free"]);
    });
  }

  it("can be taken off the client", async () => {
    const { auth } = await open(answers("userinfo", user));
    const { userinfo, isCallback } = auth;
    assert.deepEqual(await userinfo(), user);
    assert.equal(isCallback(callback), false);
  });
});

describe("the options of a call", () => {
  const calls = {
    login: (auth, options) => auth.login(options),
    getAccessToken: (auth, options) => auth.getAccessToken(options),
    signOut: (auth, options) => auth.logout(options),
  };
  const opened = async () => {
    const text = async () => "{}";
    return open(() => ({ login: text, getAccessToken: text, signOut: async () => false }));
  };

  it("may throw when they are read, which rejects the call", async () => {
    const cause = new Error("mine");
    for (const [name, call] of Object.entries(calls)) {
      const { auth, log } = await opened();
      for (const member of ["signal", "minValidity", "returnTo"]) {
        const promise = call(auth, { get [member]() { throw cause; } });
        if (name !== "signOut") await assert.rejects(promise, coded("config_invalid", { cause }), name);
        else await promise; // nobody stays signed in for it
      }
      assert.deepEqual(log().slice(1).map(([method]) => method), name === "signOut" ? Array(3).fill(name) : []);
    }
  });

  it("may be frozen", async () => {
    for (const [name, call] of Object.entries(calls)) {
      const { auth, log } = await opened();
      await call(auth, Object.freeze({ returnTo: "/a", signal: Object.freeze(new AbortController().signal) }));
      assert.equal(log().at(-1)[0], name);
    }
  });

  it("are those of the call, whatever becomes of them", async () => {
    const { auth, log } = await opened();
    const params = { a: "1" };
    const options = { returnTo: "/a", authorizationParams: params, localOnly: true, minValidity: 5 };
    const pending = [auth.login(options), auth.getAccessToken(options), auth.logout(options)];
    Object.assign(options, { returnTo: "/b", localOnly: false, minValidity: 50 });
    params.a = "2";
    await Promise.all(pending);
    const said = '{"returnTo":"/a","authorizationParams":{"a":"1"},"localOnly":true,"minValidity":5}';
    assert.deepEqual(log().slice(1), [
      ["login", said], ["tokenAtHand", 5, false], ["getAccessToken", 5, false], ["signOut", said],
    ]);
  });
});

describe("login", () => {
  it("needs a signal that is one", async () => {
    const { auth, log } = await open(answers("login", result));
    for (const signal of [new AbortController(), {}, "aborted", { aborted: true }]) {
      await assert.rejects(auth.login({ signal }), coded("config_invalid", { message: "config_invalid: the configuration is not usable (signal)" }));
    }
    await auth.login({ signal: null });
    await auth.login({ signal: undefined });
    assert.equal(log().length, 3);
  });

  it("resolves with the popup's result", async () => {
    const { auth } = await open(answers("login", result));
    assert.deepEqual(await auth.login({ mode: "popup" }), result);
  });

  it("does not reach the module when aborted already", async () => {
    const { auth, log } = await open(answers("login", result));
    const reason = new Error("changed my mind");
    await assert.rejects(auth.login({ signal: AbortSignal.abort(reason) }), coded("aborted", { cause: reason, retryable: true }));
    assert.deepEqual(log(), [["restore"]]);
  });

  it("rejects when aborted later, and keeps nothing on the signal", async () => {
    const { auth } = await open(() => ({ login: () => new Promise(() => {}) }));
    const controller = new AbortController();
    const removed = [];
    const { signal } = controller;
    signal.removeEventListener = (...args) => (removed.push(args[0]), AbortSignal.prototype.removeEventListener.apply(signal, args));
    const promise = auth.login({ signal });
    controller.abort();
    await assert.rejects(promise, coded("aborted"));
    assert.deepEqual(removed, ["abort"]);
  });

  it("is over for the signal once it has settled", async () => {
    const { auth, core } = await open(answers("login", result));
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    signal.addEventListener = () => listeners++;
    signal.removeEventListener = () => listeners--;
    await auth.login({ signal });
    core.die();
    assert.equal(listeners, 0);
  });

  it("lends its signal to no later call", async () => {
    const signals = [];
    const note = (core) => async () => JSON.stringify(signals.push(core.host.signal));
    const { auth } = await open((core) => ({ login: note(core), initiatedLogin: note(core) }));
    const { signal } = new AbortController();
    await auth.login({ signal });
    await auth.handleInitiatedLogin(callback);
    assert.deepEqual(signals, [signal, undefined]);
  });

  it("survives a late rejection after an abort", async () => {
    const { promise, reject } = deferred();
    const { auth } = await open(() => ({ login: () => promise }));
    const controller = new AbortController();
    const login = auth.login({ signal: controller.signal });
    controller.abort();
    reject(report("network"));
    await assert.rejects(login, coded("aborted"));
  });
});

describe("the callback", () => {
  const page = (t, href) => {
    globalThis.location = { href };
    t.after(() => delete globalThis.location);
  };

  it("defaults to the page's own URL", async (t) => {
    const { auth, log } = await open(() => ({ ...answers("handleCallback", result)(), isCallback: () => true }));
    page(t, callback);
    assert.equal(auth.isCallback(), true);
    assert.deepEqual(await auth.handleCallback(), result);
    assert.deepEqual(log().slice(1), [["isCallback", callback], ["handleCallback", callback]]);
  });

  it("is the module's to judge where there is no page", async () => {
    const { auth, log } = await open(() => ({ handleCallback: async () => { throw report("callback_malformed"); } }));
    await assert.rejects(auth.handleCallback(), coded("callback_malformed"));
    assert.deepEqual(log().at(-1), ["handleCallback", ""]);
  });

  it("reaches the module as text whatever it is", async () => {
    const { auth, log } = await open(answers("handleCallback", result));
    await auth.handleCallback(new URL(callback));
    auth.isCallback(new URL(callback));
    assert.deepEqual(log().slice(1), [["handleCallback", callback], ["isCallback", callback]]);
  });

  it("does not reach the module when it is too large", async () => {
    const { auth, log } = await open(() => ({ ...answers("handleCallback", result)(), isCallback: () => true }));
    const longest = callback.padEnd(65_536, "x");
    const tooLong = `${longest}x`;
    assert.equal(auth.isCallback(tooLong), false);
    await assert.rejects(auth.handleCallback(tooLong), coded("callback_too_large"));
    assert.deepEqual(log(), [["restore"]]);
    assert.equal(auth.isCallback(longest), true);
    assert.deepEqual(await auth.handleCallback(longest), result);
  });

  it("resolves with a user that has a claim named then", async () => {
    const text = `{"user":{"iss":"i","sub":"s","then":"x","__proto__":{"then":1}},"returnTo":"/","appState":"{\\"n\\":1}","replayed":true}`;
    const { auth } = await open(() => ({ handleCallback: async () => text }));
    const { user, appState, replayed } = await auth.handleCallback(callback);
    assert.equal(user.then, "x");
    assert.equal(Object.getPrototypeOf(user), Object.prototype);
    assert.equal(replayed, true);
    assert.deepEqual(appState, { n: 1 });
    appState.n = 2; // the caller's own copy
  });
});

describe("getAccessToken", () => {
  it("hands its options over as a number and a flag", async () => {
    const { auth, log } = await open(() => ({ getAccessToken: async () => "token" }));
    assert.equal(await auth.getAccessToken(), "token");
    await auth.getAccessToken({ minValidity: 0, forceRefresh: true });
    await auth.getAccessToken({ minValidity: 10n, forceRefresh: 1 });
    await auth.getAccessToken({ minValidity: Infinity });
    await auth.getAccessToken({ minValidity: 30.1 });
    await auth.getAccessToken({ minValidity: -1e12 });
    const asked = [[undefined, false], [0, true], [10, true], [2_147_483_647, false], [31, false], [0, false]];
    assert.deepEqual(log().slice(1), asked.flatMap((args) => [["tokenAtHand", ...args], ["getAccessToken", ...args]]));
  });

  it("takes no time that could not be computed for none", async () => {
    const { auth, log } = await open(() => ({ tokenAtHand: () => "token" }));
    for (const minValidity of [NaN, "soon", {}]) {
      await assert.rejects(auth.getAccessToken({ minValidity }), coded("config_invalid", { message: "config_invalid: the configuration is not usable (minValidity)" }));
    }
    assert.deepEqual(log(), [["restore"]]);
  });

  it("is content with the token at hand", async () => {
    const { auth, log } = await open(() => ({ tokenAtHand: () => "token" }));
    assert.equal(await auth.getAccessToken(), "token");
    assert.deepEqual(log().slice(1), [["tokenAtHand", undefined, false]]);
  });
});

describe("logout", () => {
  it("tells the provider if the module says so", async () => {
    for (const goesOn of [true, false]) {
      const { auth, log } = await open(() => ({ signOut: async () => goesOn, leave: async () => null }));
      assert.equal(await auth.logout({ localOnly: !goesOn }), undefined);
      const told = goesOn ? [["leave"]] : [];
      assert.deepEqual(log().slice(1), [["signOut", JSON.stringify({ localOnly: !goesOn })], ...told]);
    }
  });
});

describe("diagnose and trace", () => {
  const id = (name) => ids.indexOf(name);
  const finding = (start) => findings.findIndex(([sentence]) => sentence.startsWith(start));
  const setUp = { issuer: "https://op.test", clientId: "app", origin: "https://app.test" };
  const events = [{ at: 1.5, step: "token", from: "portcullis", to: "provider", detail: { status: 400, ms: 7 } }];
  const diagnosed = async (checks) => {
    const { auth } = await open(() => ({
      diagnose: async () => JSON.stringify({ ...setUp, checks }), trace: () => JSON.stringify(events),
    }));
    assert.deepEqual(auth.trace(), events);
    return auth.diagnose();
  };

  it("are data", async () => {
    const { ok, checks, report } = await diagnosed([
      { id: id("storage"), ok: true, finding: finding("as it") },
      { id: id("keys"), ok: true, finding: finding("as it"), about: "3" },
      { id: id("tabs"), ok: true, finding: finding("no Web Locks") },
    ]);
    assert.equal(ok, true);
    assert.deepEqual(checks, [
      { id: "storage", ok: true, detail: "as it should be" },
      { id: "keys", ok: true, detail: "as it should be: 3" },
      { id: "tabs", ok: true, detail: "no Web Locks here: tabs take turns by a lease in localStorage", remedy: "serve the portal over https" },
    ]);
    for (const line of [
      ...Object.entries(setUp).map(([name, value]) => `  ${name} ${value}`),
      "ok    storage: as it should be",
      "note  tabs: no Web Locks here: tabs take turns by a lease in localStorage",
      "      > serve the portal over https",
      "  1970-01-01T00:00:01.500Z portcullis > provider token status=400 ms=7",
    ]) assert.ok(report.split("\n").includes(line), `${line}\n\n${report}`);
  });

  it("show the steps before, which the diagnosis's own would push out", async () => {
    let steps = events;
    const { auth } = await open(() => ({
      diagnose: async () => {
        steps = Array(20).fill({ ...events[0], step: "discovery" });
        return JSON.stringify({ ...setUp, checks: [] });
      },
      trace: () => JSON.stringify(steps),
    }));
    assert.match((await auth.diagnose()).report, /\nlast steps\n.* portcullis > provider token status=400 ms=7\n$/);
  });

  it("say what is wrong and how to mend it", async () => {
    const { ok, checks, report } = await diagnosed([
      { id: id("keys"), ok: false, error: { code: "jwks_http", status: 503 } },
      { id: id("clock"), ok: true, finding: finding("as it") },
      { id: id("metadata"), ok: false, error: { code: "discovery_invalid", place: "issuer" } },
      { id: id("issuer"), ok: false, finding: finding("the provider's differs"), about: "https://op.test/\n\u202e" + "x".repeat(300) },
      { id: id("client"), ok: false, error: { code: "token_error", oauth: { error: "invalid_request", description: "client_secret is missing." } } },
    ]);
    assert.equal(ok, false);
    const by = Object.fromEntries(checks.map((check) => [check.id, check]));
    assert.deepEqual(by.keys, { id: "keys", ok: false,
      detail: "jwks_http: the provider's keys could not be fetched, status 503", remedy: "check jwks_uri; or pass jwks" });
    assert.match(by.metadata.detail, /^discovery_invalid: .* \(issuer\)$/);
    assert.match(by.issuer.detail, /the slash at its end: https:\/\/op\.test\/ x+$/, "inert, on one line");
    assert.ok(by.issuer.detail.length < 300);
    assert.match(by.client.remedy, /Google/);
    assert.ok(report.includes(`WRONG keys: ${by.keys.detail}\n      > ${by.keys.remedy}\n`));
  });

  it("throw an AuthError only", async () => {
    const { auth } = await open(() => ({ trace: () => { throw new Error("defect"); } }));
    assert.throws(() => auth.trace(), coded("internal"));
  });
});

describe("dispose", () => {
  it("releases the module's client once, and listeners", async () => {
    const { auth, core, log } = await open();
    const seen = [];
    const { state } = auth;
    auth.subscribe(({ status }) => seen.push(status));
    auth.on("refreshed", () => seen.push("refreshed"));
    auth.on("signed-out", () => auth.dispose());
    auth.on("signed-out", () => seen.push("signed-out"));
    core.host.emit("idle-warning", "{}");
    core.host.emit("signed-out", "{}");
    auth.dispose();
    auth.on("idle-warning", () => seen.push("idle-warning"));
    core.become({ status: "signed-in" });
    core.host.emit("refreshed", "{}");
    await new Promise(setImmediate);
    assert.deepEqual(seen, []);
    assert.deepEqual(log(), [["restore"], ["dispose"], ["free"]]);
    assert.equal(auth.state, state);
    assert.throws(() => auth.isCallback(callback), coded("disposed"));
    assert.throws(() => auth.trace(), coded("disposed"));
  });

  it("does not fail when the module stops over it", async () => {
    const { auth } = await open((instance) => ({ dispose: () => { throw instance.die(); } }));
    auth.dispose();
    await assert.rejects(auth.userinfo(), coded("disposed"));
  });
});
