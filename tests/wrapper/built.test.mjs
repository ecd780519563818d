/** The wrapper over the real module, as built: what happens when it stops at some instruction. */
import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";

const options = {
  issuer: "https://op.example",
  clientId: "app",
  redirectUri: "https://app.example/cb",
  persist: "memory",
};

/** While true, whatever is called in the module traps. */
let trapping = false;
let instances = 0;

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
  instances += 1;
  const { exports } = await instantiate(module, imports);
  memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  const trapped = (exported) => (...args) => {
    if (trapping) throw new WebAssembly.RuntimeError("unreachable");
    return exported(...args);
  };
  return {
    exports: Object.fromEntries(Object.entries(exports).map(([name, value]) =>
      [name, typeof value === "function" ? trapped(value) : value])),
  };
};
const { AuthError, createAuth } = await import("../../pkg/dist/index.js");

const coded = (code) => (error) => error instanceof AuthError && error.code === code;

describe("the built package", () => {
  before(async () => (await createAuth(options)).dispose()); // Node has modules of its own to start
  beforeEach(() => {
    trapping = false;
    instances = 0;
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
    const warm = await use(50);
    assert.equal(await use(150), warm);
    auth.dispose();
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
});
