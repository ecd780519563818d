import assert from "node:assert/strict";
import { describe, it } from "node:test";

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
      const reached = log().map(([method]) => method).filter((method) => method !== "tokenAtHand");
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

describe("login", () => {
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
    const text = `{"user":{"iss":"i","sub":"s","then":"x","__proto__":{"then":1}},"returnTo":"/","appState":{"n":1},"replayed":true}`;
    const { auth } = await open(() => ({ handleCallback: async () => text }));
    const { user, appState, replayed } = await auth.handleCallback(callback);
    assert.equal(user.then, "x");
    assert.equal(Object.getPrototypeOf(user), Object.prototype);
    assert.equal(replayed, true);
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
    const asked = [[undefined, false], [0, true], [10, true], [2_147_483_647, false]];
    assert.deepEqual(log().slice(1), asked.flatMap((args) => [["tokenAtHand", ...args], ["getAccessToken", ...args]]));
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
  it("are data", async () => {
    const events = [{ at: 1, step: "login", from: "page", to: "provider", detail: { n: 1 } }];
    const { auth } = await open(() => ({ diagnose: async () => `[{"id":"storage"},{"id":"clock"}]`, trace: () => JSON.stringify(events) }));
    assert.deepEqual(await auth.diagnose(), {
      ok: true,
      checks: [{ id: "storage", ok: true, detail: "as it should be" }, { id: "clock", ok: true, detail: "as it should be" }],
      report: "portcullis\nok    storage\nok    clock\n",
    });
    assert.deepEqual(auth.trace(), events);
  });

  it("say what is wrong and how to mend it", async () => {
    const found = [{ id: "keys", code: "jwks_http" }, { id: "clock" }, { id: "discovery", code: "discovery_invalid", place: "issuer" }];
    const { auth } = await open(() => ({ diagnose: async () => JSON.stringify(found) }));
    const [keys, discovery] = ["jwks_http: the provider's keys could not be fetched", "discovery_invalid: the discovery document is not valid (issuer)"];
    const [pass, correct] = ["check jwks_uri; or pass jwks", "have the provider correct the member named in the message"];
    assert.deepEqual(await auth.diagnose(), {
      ok: false,
      checks: [
        { id: "keys", ok: false, detail: keys, remedy: pass },
        { id: "clock", ok: true, detail: "as it should be" },
        { id: "discovery", ok: false, detail: discovery, remedy: correct },
      ],
      report: `portcullis\nwrong keys: ${keys}; ${pass}\nok    clock\nwrong discovery: ${discovery}; ${correct}\n`,
    });
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
