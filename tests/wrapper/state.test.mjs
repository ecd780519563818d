import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { AuthError, open, report, signedOut } from "./fake.mjs";

const alice = { iss: "https://op.test", sub: "alice", roles: ["a", { deep: true }] };
const signedIn = { status: "signed-in", user: alice, accessTokenExpiresAt: 99, scope: ["openid"] };
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("state", () => {
  it("is what the module says after restoring", async () => {
    const { auth } = await open((instance) => ({ restore: async () => void instance.become(signedIn) }));
    assert.deepEqual(auth.state, signedIn);
    assert.deepEqual(auth.user, alice);
  });

  it("is one object until something changes, and a new one then", async () => {
    const { auth, core } = await open();
    const before = auth.state;
    core.become({});
    assert.equal(auth.state, before);
    core.become(signedIn);
    assert.notEqual(auth.state, before);
    assert.deepEqual(before, signedOut);
  });

  it("is frozen all the way down", async () => {
    const { auth, core } = await open();
    core.become(signedIn);
    for (const part of [auth.state, auth.state.scope, auth.user, auth.user.roles, auth.user.roles[1]]) {
      assert.ok(Object.isFrozen(part));
    }
    assert.throws(() => { auth.state.user = null; }, TypeError);
    assert.throws(() => { auth.user = null; }, TypeError);
  });

  it("keeps claims named like parts of the language as data", async () => {
    const { auth, core } = await open(() => ({ userinfo: async () => claims }));
    const claims = '{"iss":"i","sub":"s","__proto__":{"admin":true},"constructor":"c","then":"t","toString":1}';
    core.become({ ...signedIn, user: JSON.parse(claims) });
    for (const user of [auth.user, await auth.userinfo()]) {
      assert.equal(Object.getPrototypeOf(user), Object.prototype);
      assert.equal(user.admin, undefined);
      assert.deepEqual(Object.keys(user), ["iss", "sub", "__proto__", "constructor", "then", "toString"]);
    }
    assert.ok(Object.isFrozen(Object.getOwnPropertyDescriptor(auth.user, "__proto__").value));
  });
});

describe("subscribe", () => {
  it("tells every change with its snapshot until unsubscribed", async () => {
    const { auth, core } = await open();
    const seen = [];
    const stop = auth.subscribe((state) => seen.push([state.status, state === auth.state]));
    core.become({ status: "signing-in" });
    core.become({ status: "signing-in" });
    core.become(signedIn);
    stop();
    core.become(signedOut);
    assert.deepEqual(seen, [["signing-in", true], ["signed-in", true]]);
  });

  it("tells the others when a listener throws, and reports it", async (t) => {
    const reported = [];
    globalThis.reportError = (error) => reported.push(error);
    t.after(() => delete globalThis.reportError);
    const { auth, core } = await open();
    const seen = [];
    const error = new Error("mine");
    auth.subscribe(() => { throw error; });
    auth.subscribe((state) => seen.push(state.status));
    core.become(signedIn);
    assert.deepEqual(seen, ["signed-in"]);
    assert.deepEqual(reported, [error]);
  });

  it("tells one function twice if it subscribed twice", async () => {
    const { auth, core } = await open();
    let calls = 0;
    const listener = () => calls++;
    const stop = auth.subscribe(listener);
    auth.subscribe(listener);
    core.become(signedIn);
    stop();
    core.become(signedOut);
    assert.equal(calls, 3);
  });

  it("keeps the order when a listener causes a change", async () => {
    const { auth, core } = await open();
    const seen = [];
    auth.subscribe(({ status }) => status === "signing-in" && core.become(signedIn));
    auth.subscribe(({ status }) => seen.push(status));
    core.become({ status: "signing-in" });
    assert.deepEqual(seen, ["signing-in", "signed-in"]);
  });

  it("tells a listener that another one added of what comes next", async () => {
    const { auth, core } = await open();
    const seen = [];
    auth.subscribe(() => auth.subscribe(({ status }) => seen.push(status)));
    core.become(signedIn);
    assert.deepEqual(seen, []);
    core.become(signedOut);
    assert.deepEqual(seen, ["signed-out"]);
  });

  it("does not tell a listener that another one removed", async () => {
    const { auth, core } = await open();
    const seen = [];
    let stop;
    auth.subscribe(() => (seen.push("first"), stop()));
    stop = auth.subscribe(() => seen.push("second"));
    core.become(signedIn);
    assert.deepEqual(seen, ["first"]);
  });
});

describe("on", () => {
  it("tells the event with its detail until unsubscribed", async () => {
    const { auth, core } = await open();
    const seen = [];
    const stop = auth.on("signed-in", (detail) => seen.push(detail));
    auth.on("refreshed", () => seen.push("another event"));
    core.host.emit("signed-in", JSON.stringify({ user: alice }));
    stop();
    core.host.emit("signed-in", JSON.stringify({ user: alice }));
    assert.deepEqual(seen, [{ user: alice }]);
    assert.ok(Object.isFrozen(seen[0].user));
  });

  it("makes an AuthError of a problem", async () => {
    const { auth, core } = await open();
    const seen = [];
    auth.on("problem", ({ error }) => seen.push(error));
    core.host.emit("problem", `{"error":${report("storage_corrupt")}}`);
    assert.ok(seen[0] instanceof AuthError);
    assert.equal(seen[0].code, "storage_corrupt");
  });

  it("tells the first listener, once and later, what happened before it", async () => {
    const early = await open((instance) => ({
      restore: async () => instance.host.emit("problem", `{"error":${report("storage_corrupt")}}`),
    }));
    const seen = [];
    early.auth.on("problem", ({ error }) => seen.push(["first", error.code]));
    early.auth.on("problem", () => seen.push(["second"]));
    assert.deepEqual(seen, []);
    await turn();
    early.auth.on("problem", () => seen.push(["third"]));
    await turn();
    assert.deepEqual(seen, [["first", "storage_corrupt"]]);
  });

  it("keeps only the last few of those", async () => {
    const { auth, core } = await open();
    for (let at = 0; at < 100; at++) core.host.emit("refreshed", `{"accessTokenExpiresAt":${at}}`);
    const seen = [];
    auth.on("refreshed", (detail) => seen.push(detail.accessTokenExpiresAt));
    await turn();
    assert.deepEqual(seen, [92, 93, 94, 95, 96, 97, 98, 99]);
  });

  it("does not tell them to a listener that left at once", async () => {
    const { auth, core } = await open();
    core.host.emit("refreshed", '{"accessTokenExpiresAt":1}');
    const seen = [];
    auth.on("refreshed", (detail) => seen.push(detail))();
    await turn();
    assert.deepEqual(seen, []);
  });
});
