import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { AuthError, coded, fakeSource, main, open, options, report, wrapper } from "./fake.mjs";

const settingsFor = async (more) => JSON.parse((await open(undefined, more)).core.settings);

describe("what goes into the module", () => {
  afterEach(() => {
    for (const key of ["scope", "toJSON", "storage", "now", "mode", "forceRefresh"]) delete Object.prototype[key];
    delete Array.prototype.toJSON;
  });

  it("is every option but host and storage, as given", async () => {
    const given = {
      scope: ["openid", "profile"],
      metadata: { token_endpoint: "https://op.test/token", nested: { list: [1, { deep: null }] } },
      jwks: { keys: [{ kty: "RSA" }] },
      timeout: 5,
      dangerouslyAllowInsecureContext: false,
    };
    assert.deepEqual(await settingsFor({ ...given, host: { now: () => 1 }, storage: { get() {}, set() {}, remove() {} } }), { ...options, ...given });
  });

  it("is what the options were at the call, frozen or not", async () => {
    const given = { ...options, scope: ["openid"], metadata: { a: [1] } };
    const source = fakeSource();
    const opening = wrapper.createAuth(given, source);
    given.clientId = "another";
    given.scope.push("evil");
    given.metadata.a.push(2);
    (await opening).dispose();
    const frozen = Object.freeze({ ...options, scope: Object.freeze(["openid"]), metadata: Object.freeze({ a: Object.freeze([1]) }) });
    await wrapper.createAuth(frozen, source);
    const [first, second] = source.instances.map(({ settings }) => JSON.parse(settings));
    assert.deepEqual(first, second);
    assert.deepEqual(first, frozen);
  });

  it("is no inherited member, however deep", async () => {
    Object.prototype.scope = "openid evil";
    Object.prototype.toJSON = () => "evil";
    Array.prototype.toJSON = () => "evil";
    assert.deepEqual(Object.keys(await settingsFor({ metadata: { a: [{}] } })), ["issuer", "clientId", "redirectUri", "metadata"]);
    assert.equal((await open(undefined, { metadata: { a: [{ b: 1 }] } })).core.settings.includes("evil"), false);
    const inherited = Object.assign(Object.create({ scope: "openid inherited" }), options);
    const source = fakeSource();
    await wrapper.createAuth(inherited, source);
    assert.equal(Object.hasOwn(JSON.parse(source.last.settings), "scope"), false);
  });

  it("keeps __proto__ as a member and nothing else by that name", async () => {
    const metadata = JSON.parse('{"__proto__":{"issuer":"x"},"constructor":1}');
    const { core } = await open(undefined, { metadata });
    assert.match(core.settings, /"metadata":\{"__proto__":\{"issuer":"x"\},"constructor":1\}/);
  });

  it("is not the host or the storage that Object.prototype has", async () => {
    Object.prototype.storage = { get: () => "evil" };
    Object.prototype.now = () => 666;
    const { core } = await open(undefined, { host: { navigate() {} } });
    assert.equal(core.host.storage, undefined);
    assert.notEqual(core.host.now(), 666);
  });

  it("is no inherited member of a call's options either", async () => {
    Object.prototype.mode = "popup";
    Object.prototype.forceRefresh = true;
    const { auth, log } = await open(() => ({
      login: async () => "{}",
      signOut: async () => false,
      getAccessToken: async () => "token",
    }));
    await auth.login({ returnTo: "/a" });
    await auth.logout({ localOnly: true });
    await auth.getAccessToken({ minValidity: 5 });
    assert.deepEqual(log().slice(1), [
      ["login", '{"returnTo":"/a"}'],
      ["signOut", '{"localOnly":true}'],
      ["tokenAtHand", 5, false],
      ["getAccessToken", 5, false],
    ]);
  });

  it("lets appState serialise as the application says, into text of its own", async () => {
    const { auth, log } = await open(() => ({ login: async () => "{}" }));
    await auth.login({ appState: { at: new Date(0), list: [1] }, signal: new AbortController().signal });
    const [name, text] = log().at(-1);
    const { appState, ...others } = JSON.parse(text);
    assert.deepEqual([name, appState, others], ["login", '{"at":"1970-01-01T00:00:00.000Z","list":[1]}', {}]);
    await auth.login({ appState: undefined });
    assert.deepEqual(log().at(-1), ["login", "{}"]);
  });

  for (const [what, metadata] of [
    ["text over 1 MiB", { junk: "x".repeat(1 << 20) }],
    ["a cycle", (() => { const a = {}; a.a = a; return a; })()],
    ["a bigint", { n: 1n }],
    ["a getter that throws", { get n() { throw new Error("no"); } }],
    ["no number", { n: NaN }],
    ["no finite number", { list: [-Infinity] }],
  ]) {
    it(`refuses ${what} before the module is loaded`, async () => {
      const source = fakeSource();
      await assert.rejects(wrapper.createAuth({ ...options, metadata }, source), coded("config_invalid"));
      assert.equal(source.instances.length, 0);
    });
  }

  it("takes options just under 1 MiB", async () => {
    const { core } = await open(undefined, { metadata: { junk: "x".repeat((1 << 20) - 200) } });
    assert.ok(core.settings.length > (1 << 20) - 200);
  });

  it("refuses oversized options of a call", async () => {
    const { auth, log } = await open(() => ({ login: async () => "{}" }));
    await assert.rejects(auth.login({ appState: "x".repeat(1 << 20) }), coded("config_invalid"));
    assert.deepEqual(log(), [["restore"]]);
  });

  it("takes no limit for absent because it could not be computed", async () => {
    for (const [name, value] of [["idleTimeout", NaN], ["maxLifetime", Infinity], ["clockTolerance", -Infinity]]) {
      const { code, cause } = await wrapper.createAuth({ ...options, [name]: value }, fakeSource()).catch((error) => error);
      assert.deepEqual([code, cause?.message], ["config_invalid", `${name} is ${value}`]);
    }
    const { auth, log } = await open(() => ({ login: async () => "{}" }));
    await assert.rejects(auth.login({ maxAge: Number("ten minutes") }), coded("config_invalid"));
    assert.deepEqual(log(), [["restore"]]);
    await auth.login({ appState: NaN });
    await auth.login({ appState: { size: Infinity } });
    assert.deepEqual(log().slice(1), [["login", '{"appState":"null"}'], ["login", '{"appState":"{\\"size\\":null}"}']]);
  });

  it("leaves the judgement to the module where there are no options at all", async () => {
    const source = fakeSource(() => ({ create: () => { throw report("config_invalid"); } }));
    for (const nothing of [undefined, null, 5]) {
      await assert.rejects(wrapper.createAuth(nothing, source), coded("config_invalid", { message: "config_invalid: the configuration is not usable (there)" }));
    }
  });
});

describe("the host", () => {
  it("defaults to the platform's, looked up when used", async (t) => {
    const { core } = await open();
    assert.ok(Math.abs(core.host.now() - Date.now() / 1000) < 5);
    t.mock.method(globalThis, "fetch", async function (...args) {
      return [this === undefined || this === globalThis, ...args];
    });
    assert.deepEqual(await core.host.fetch("https://op.test/", { method: "POST" }), [true, "https://op.test/", { method: "POST" }]);
    const assigned = [];
    globalThis.location = { assign: (url) => assigned.push(url) };
    t.after(() => delete globalThis.location);
    core.host.navigate("https://op.test/auth");
    assert.deepEqual(assigned, ["https://op.test/auth"]);
  });

  it("is overridden member by member, called as the members of their object", async () => {
    const seen = [];
    const host = { time: 42, now() { return this.time; }, navigate(url) { seen.push(this.time, url); } };
    const storage = { get: () => null, set() {}, remove() {} };
    const { core } = await open(undefined, { host, storage });
    assert.equal(core.host.now(), 42);
    core.host.navigate("u");
    assert.deepEqual(seen, [42, "u"]);
    assert.equal(core.host.storage, storage);
    assert.equal(typeof core.host.fetch, "function");
  });

  it("answers a promise even where the given fetch throws", async () => {
    const { core } = await open(undefined, { host: { fetch() { throw new TypeError("no"); } } });
    await assert.rejects(core.host.fetch("https://op.test/"), TypeError);
  });

  it("must be made of functions", async () => {
    for (const name of ["fetch", "now", "navigate"]) {
      await assert.rejects(open(undefined, { host: { [name]: 5 } }), coded("config_invalid"), name);
    }
  });

  it("has a storage of three functions, if any", async () => {
    const good = { get: () => null, set() {}, remove() {} };
    for (const storage of [5, "localStorage", {}, { ...good, get: undefined }, { ...good, set: 1 }, { ...good, remove: null }]) {
      await assert.rejects(open(undefined, { storage }), coded("config_invalid"));
    }
    for (const storage of [undefined, null, good, Object.create(good)]) await open(undefined, { storage });
  });

  it("may throw when it is read, which is told as what it is", async () => {
    const cause = new Error("mine");
    for (const name of ["fetch", "now", "navigate"]) {
      await assert.rejects(open(undefined, { host: { get [name]() { throw cause; } } }), coded("config_invalid", { cause }), name);
    }
  });

  it("may be an object of a class", async () => {
    class Embedding {
      time = 7;
      now() {
        return this.time;
      }
      fetch() {
        return "of the class";
      }
    }
    const { core } = await open(undefined, { host: new Embedding() });
    assert.deepEqual([core.host.now(), await core.host.fetch("https://op.test/")], [7, "of the class"]);
  });
});

describe("createAuth", () => {
  it("restores before it resolves and sends nothing of its own", async (t) => {
    t.mock.method(globalThis, "fetch", () => assert.fail("fetched"));
    const { log } = await open();
    assert.deepEqual(log(), [["restore"]]);
  });

  it("says unsupported when the module cannot be loaded", async () => {
    const cause = new Error("no wasm");
    const source = { instantiate: async () => { throw cause; } };
    await assert.rejects(wrapper.createAuth(options, source), coded("unsupported", { cause, retryable: false }));
  });

  it("passes on what the module finds wrong with the options", async () => {
    await assert.rejects(open(() => ({ create: () => { throw report("config_invalid"); } })), coded("config_invalid"));
  });

  it("takes its module from the main entry too, which exports the same error", async (t) => {
    const key = Symbol.for("portcullis.test.source");
    globalThis[key] = fakeSource();
    t.after(() => delete globalThis[key]);
    const auth = await main.createAuth(options);
    assert.equal(auth.state.status, "signed-out");
    assert.equal(main.AuthError.name, AuthError.name);
    assert.deepEqual(Object.keys(main).sort(), ["AuthError", "createAuth"]);
  });

  it("rejects with typed errors only, also on a server", async () => {
    assert.equal(typeof location, "undefined");
    const { auth } = await open();
    assert.equal(auth.isCallback(), false);
  });
});
