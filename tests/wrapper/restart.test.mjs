import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { coded, deferred, fakeSource, open, options, wrapper } from "./fake.mjs";

const turn = () => new Promise(setImmediate);
const never = () => new Promise(() => {});
const userinfo = async () => '{"sub":"alice"}';

describe("when the module stops", () => {
  it("every call in flight rejects with internal and the cause", async () => {
    const { auth, core } = await open(() => ({ login: never, userinfo: never, fetch: never }));
    const calls = [auth.login(), auth.userinfo(), auth.fetch("https://api.test/")];
    await turn();
    const cause = core.die();
    for (const call of calls) await assert.rejects(call, coded("internal", { cause, retryable: true }));
  });

  it("a client with the same options is restored on a new instance, and later calls go to it", async () => {
    const { auth, source, core } = await open(() => ({ userinfo }));
    core.die();
    assert.deepEqual(await auth.userinfo(), { sub: "alice" });
    assert.equal(source.instances.length, 2);
    assert.equal(source.last.settings, core.settings);
    assert.equal(source.last.host, core.host);
    assert.deepEqual(source.last.log.map(([name]) => name), ["restore", "state", "userinfo"]);
    assert.deepEqual(core.log.filter(([name]) => name === "userinfo"), []);
  });

  it("calls made meanwhile wait for the new one", async () => {
    const { promise, resolve } = deferred();
    const { auth, core, source } = await open((_instance, nth) => ({ userinfo, restore: () => (nth ? promise : Promise.resolve()) }));
    core.die();
    const calls = [auth.userinfo(), auth.userinfo()];
    await turn();
    assert.equal(source.instances.length, 2);
    assert.equal(source.last.log.some(([name]) => name === "userinfo"), false);
    resolve();
    assert.deepEqual(await Promise.all(calls), [{ sub: "alice" }, { sub: "alice" }]);
  });

  it("calls given up meanwhile are not begun on the new one", async () => {
    const { promise, resolve } = deferred();
    const login = async () => "{}";
    const { auth, core, source } = await open((_instance, nth) => ({ login, userinfo, restore: () => (nth ? promise : Promise.resolve()) }));
    core.die();
    const control = new AbortController();
    const given = auth.login({ signal: control.signal });
    const kept = auth.userinfo();
    control.abort();
    await assert.rejects(given, coded("aborted"));
    resolve();
    await kept;
    assert.equal(source.last.log.some(([name]) => name === "login"), false);
  });

  it("the state is read again and listeners stay", async () => {
    const { auth, core, source } = await open((instance, nth) => ({
      restore: async () => void (instance.state = { ...instance.state, status: nth ? "signed-in" : "signed-out" }),
    }));
    const seen = [];
    auth.subscribe(({ status }) => seen.push(status));
    auth.on("refreshed", () => seen.push("refreshed"));
    core.die();
    assert.equal(auth.state.status, "signed-out");
    await turn();
    source.last.host.emit("refreshed", "{}");
    assert.deepEqual(seen, ["signed-in", "refreshed"]);
  });

  it("a state that is the same stays the same object", async () => {
    const { auth, core, source } = await open();
    const { state } = auth;
    core.die();
    await turn();
    assert.equal(source.instances.length, 2);
    assert.equal(auth.state, state);
  });

  it("within a call, that call rejects with internal and the next one works", async () => {
    const { auth, source } = await open((instance, nth) => ({
      userinfo: nth ? userinfo : () => { throw instance.die(); },
      trace: () => { throw instance.die(); },
    }));
    await assert.rejects(auth.userinfo(), coded("internal"));
    assert.deepEqual(await auth.userinfo(), { sub: "alice" });
    assert.throws(() => auth.trace(), coded("internal"));
    assert.throws(() => auth.isCallback("https://app.test/cb"), coded("internal"));
    assert.deepEqual(await auth.userinfo(), { sub: "alice" });
    assert.equal(source.instances.length, 3);
  });

  it("while it starts, createAuth rejects with internal", async () => {
    for (const script of [
      (instance) => ({ restore: () => (instance.die(), never()) }),
      (instance) => ({ create: () => { throw instance.die(); } }),
      (instance) => ({ state: () => { throw instance.die(); } }),
      (instance) => ({ restore: async () => void queueMicrotask(() => instance.die()) }),
    ]) {
      const source = fakeSource(script);
      await assert.rejects(wrapper.createAuth(options, source), coded("internal"));
      await turn();
      assert.equal(source.instances.length, 1);
    }
  });

  it("as soon as it is restored, the next call starts another", async () => {
    const { auth, core, source } = await open((instance, nth) => ({
      userinfo,
      // after the wrapper has heard that it is restored, before it acts on that
      restore: async () => void (nth === 1 && queueMicrotask(() => queueMicrotask(() => instance.die()))),
    }));
    core.die();
    await assert.rejects(auth.userinfo(), coded("internal"));
    assert.deepEqual(await auth.userinfo(), { sub: "alice" });
    assert.equal(source.instances.length, 3);
  });

  it("again and again by itself, it is started anew once between two calls", async () => {
    const { auth, core, source } = await open((instance, nth) => ({
      userinfo,
      restore: async () => void (nth && nth < 4 && setImmediate(() => instance.die())),
    }));
    core.die();
    for (let at = 0; at < 20; at++) await turn();
    assert.equal(source.instances.length, 2);
    await auth.userinfo();
    for (let at = 0; at < 20; at++) await turn();
    assert.equal(source.instances.length, 4);
  });

  it("and cannot be loaded again, calls say so until it can", async () => {
    const source = fakeSource(() => ({ userinfo }));
    const auth = await wrapper.createAuth(options, source);
    const { instantiate } = source;
    source.instantiate = async () => { throw new Error("offline"); };
    source.last.die();
    await assert.rejects(auth.userinfo(), coded("unsupported"));
    source.instantiate = instantiate;
    assert.deepEqual(await auth.userinfo(), { sub: "alice" });
  });

  it("after dispose, it stays so", async () => {
    const { auth, core, source } = await open();
    auth.dispose();
    core.die();
    await turn();
    assert.equal(source.instances.length, 1);
  });

  it("and dispose comes before the new one is up, the new one is released", async () => {
    const { promise, resolve } = deferred();
    const { auth, core, source } = await open((_instance, nth) => ({ restore: () => (nth ? promise : Promise.resolve()) }));
    core.die();
    const call = auth.userinfo();
    await turn();
    auth.dispose();
    await assert.rejects(call, coded("disposed"));
    resolve();
    await turn();
    assert.deepEqual(source.last.log.map(([name]) => name), ["restore", "dispose", "free"]);
  });
});
