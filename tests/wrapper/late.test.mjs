/** When the wrapper loads the late half of the module, and what calls do meanwhile. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { coded, deferred, fakeSource, open, options, wrapper } from "./fake.mjs";

const turn = () => new Promise(setImmediate);
const user = { iss: "https://op.test", sub: "alice" };
const result = { user, returnTo: "/", appState: null, replayed: false };
const callback = "https://app.test/cb?code=c&state=s";

/** Methods that answer; those that the late half answers fail as long as it is not there. */
const methods = (part) => ({
  login: async () => JSON.stringify(result),
  handleCallback: async () => JSON.stringify(result),
  signOut: async () => true,
  ...Object.fromEntries(["getAccessToken", "fetch", "userinfo", "diagnose", "leave"].map((name) => [name, async () => {
    if (!part.loaded) throw new WebAssembly.RuntimeError("null function");
    return name === "diagnose" ? '{"checks":[]}' : "{}";
  }])),
});

/** A client whose late half loads when the test says so: each attempt is one of `part.attempts`. */
async function halved(script = () => ({}), more) {
  const parts = [];
  const opened = await open((instance, nth) => {
    const part = { loaded: false, attempts: [], loading: undefined };
    parts.push(part);
    instance.core.complete = () => {
      if (part.loaded) return undefined;
      if (!part.loading) {
        const attempt = deferred();
        part.attempts.push(attempt);
        part.loading = attempt.promise.then(() => { part.loaded = true; }, (error) => {
          part.loading = undefined;
          throw error;
        });
      }
      return part.loading;
    };
    return { ...methods(part), ...script(instance, nth) };
  }, more);
  return { ...opened, parts, part: parts[0] };
}

const names = (log) => log().map(([name]) => name).filter((name) => !["tokenAtHand", "trace"].includes(name));

describe("the late half", () => {
  const calls = {
    getAccessToken: (auth) => auth.getAccessToken(),
    fetch: (auth) => auth.fetch("https://api.test/"),
    userinfo: (auth) => auth.userinfo(),
    diagnose: (auth) => auth.diagnose(),
  };

  for (const [name, call] of Object.entries(calls)) {
    it(`is loaded first, and once: ${name}`, async () => {
      const { auth, log, part } = await halved();
      const made = [call(auth), call(auth)];
      await turn();
      assert.equal(part.attempts.length, 1);
      assert.equal(names(log).includes(name), false);
      part.attempts[0].resolve();
      await Promise.all(made);
      assert.deepEqual(names(log), ["restore", name, name]);
      await call(auth);
      assert.equal(part.attempts.length, 1);
    });

    it(`says network when it cannot be loaded, and loads it the next time: ${name}`, async () => {
      const { auth, log, part } = await halved();
      const cause = new TypeError("Failed to fetch dynamically imported module");
      const call1 = call(auth);
      part.attempts[0].reject(cause);
      await assert.rejects(call1, coded("network", { cause, retryable: true, message: "network: a request got no answer (module)" }));
      assert.deepEqual(names(log), ["restore"]);
      const call2 = call(auth);
      part.attempts[1].resolve();
      await call2;
      assert.deepEqual(names(log), ["restore", name]);
    });

    it(`does not begin what was disposed of meanwhile: ${name}`, async () => {
      const { auth, log, part } = await halved();
      const made = call(auth);
      auth.dispose();
      await assert.rejects(made, coded("disposed"));
      part.attempts[0].resolve();
      await turn();
      assert.deepEqual(names(log), ["restore", "dispose", "free"]);
    });
  }

  it("is not needed to sign in, nor for a token at hand", async () => {
    const { auth, part } = await halved(() => ({ tokenAtHand: () => "token" }));
    await auth.login();
    await auth.handleCallback(callback);
    auth.isCallback(callback);
    auth.trace();
    assert.equal(await auth.getAccessToken(), "token");
    assert.equal(part.attempts.length, 0);
  });

  it("is not waited for by what can be said at once", async () => {
    const { auth, part } = await halved(() => ({ tokenAtHand: () => { throw JSON.stringify({ code: "login_required" }); } }));
    await assert.rejects(auth.getAccessToken(), coded("login_required"));
    assert.equal(part.attempts.length, 0);
  });

  it("does not hold up a sign-out, which stands if it cannot be loaded", async () => {
    const { auth, log, part } = await halved();
    const logout = auth.logout();
    assert.deepEqual(names(log), ["restore", "signOut"]);
    await turn();
    part.attempts[0].reject(new Error("offline"));
    assert.equal(await logout, undefined);
    assert.deepEqual(names(log), ["restore", "signOut", "stay"]);
  });

  it("does not begin a call that was aborted meanwhile", async () => {
    const { auth, log, part } = await halved();
    const controller = new AbortController();
    const call = auth.fetch("https://api.test/", { signal: controller.signal });
    controller.abort();
    await assert.rejects(call, { name: "AbortError" });
    part.attempts[0].resolve();
    await turn();
    assert.deepEqual(names(log), ["restore"]);
  });

  it("is loaded again for the instance that replaces a dead one", async () => {
    const { auth, core, parts, source } = await halved();
    const call = auth.userinfo();
    source.last.die();
    await assert.rejects(call, coded("internal"));
    assert.ok(core.log.every(([name]) => name !== "userinfo"));
    await turn();
    const again = auth.userinfo();
    await turn();
    parts[1].attempts[0].resolve();
    assert.deepEqual(await again, {});
    parts[0].attempts[0].resolve();
    assert.equal(source.instances.length, 2);
  });
});

describe("ahead of time, the late half", () => {
  /** A page, whose idle time comes when the test says so. */
  const page = (t, href) => {
    const work = [];
    Object.assign(globalThis, { document: {}, location: { href }, requestIdleCallback: (callback) => work.push(callback) });
    t.after(() => ["document", "location", "requestIdleCallback"].forEach((name) => delete globalThis[name]));
    return { idle: () => work.splice(0).forEach((callback) => callback()), work };
  };
  const signedIn = { status: "signed-in", user, accessTokenExpiresAt: null, scope: [] };
  const restored = (instance) => ({
    restore: async () => void (instance.state = signedIn),
    isCallback: (url) => url === callback,
  });

  it("is loaded when a session was restored, in idle time", async (t) => {
    const { idle } = page(t, "https://app.test/");
    const { part } = await halved(restored);
    assert.equal(part.attempts.length, 0);
    idle();
    assert.equal(part.attempts.length, 1);
    part.attempts[0].reject(new Error("offline")); // nobody needs to know
    await turn();
  });

  it("is loaded when a sign-in is complete, and not before", async (t) => {
    const { idle, work } = page(t, callback);
    const answer = deferred();
    const { auth, part } = await halved((instance) => ({ ...restored(instance), handleCallback: () => answer.promise }));
    const handled = auth.handleCallback();
    await turn();
    assert.equal(work.length, 0);
    answer.resolve(JSON.stringify(result));
    await handled;
    idle();
    assert.equal(part.attempts.length, 1);
  });

  it("is not loaded while nobody is signed in, nor after a callback that failed", async (t) => {
    const { work } = page(t, "https://app.test/");
    const { auth } = await halved(() => ({ handleCallback: async () => { throw JSON.stringify({ code: "token_http" }); } }));
    await assert.rejects(auth.handleCallback(callback), coded("token_http"));
    assert.equal(work.length, 0);
  });

  it("is not loaded where there is no page", async () => {
    const { part } = await halved(restored);
    await turn();
    assert.equal(part.attempts.length, 0);
  });

  it("waits for a timer where there is no idle time, and not for a client that is gone", async (t) => {
    page(t, "https://app.test/");
    delete globalThis.requestIdleCallback;
    const timers = [];
    t.mock.method(globalThis, "setTimeout", (work) => timers.push(work));
    const { part } = await halved(restored);
    timers.forEach((work) => work());
    assert.equal(part.attempts.length, 1);
    const source = fakeSource(restored);
    (await wrapper.createAuth(options, source)).dispose();
    source.last.core.complete = () => assert.fail("loaded");
    timers.at(-1)();
  });
});
