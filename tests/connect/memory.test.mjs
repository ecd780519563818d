/** What is given back of the module's memory, which never shrinks and which every connection of a realm shares. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { collected } from "./collected.mjs";
import { deferred } from "../wrapper/fake.mjs";

const memories = [];
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...args) => {
  const instance = await instantiate(...args);
  memories.push(...Object.values(instance.exports).filter((exported) => exported instanceof WebAssembly.Memory));
  return instance;
};
const { createConnection, createGate, createGateHandler, introspect, revoke } = await import("portcullis/connect");

const fetch = async () => Response.json({ active: true, access_token: "t", expires_in: 60, interval: 5, device_code: "d", user_code: "u", verification_uri: "https://id.test/device" });
const endpoint = { url: "https://id.test/endpoint", clientId: "api", secrets: { client_secret: "s" }, host: { fetch } };
const data = { id: "c", type: "two-legged", grant: "client_credentials", clientId: "api", tokenUrl: "https://id.test/token", apiOrigins: ["https://api.test"] };
const options = { secrets: { client_secret: "s" }, host: { fetch } };

/** Enough that 1 kB of each would be seen. */
const often = 400;

/** By how many bytes the module's memory has grown since it had done `work` for some time. */
async function growth(work) {
  const size = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  for (let i = 0; i < 40; i++) await work();
  await collected(() => true);
  const before = size();
  for (let i = 0; i < often; i++) {
    await work();
    if (i % 20 === 0) await collected(() => true);
  }
  return size() - before;
}

describe("a realm's memory", { timeout: 120_000 }, () => {
  const devices = { ...data, type: "three-legged", grant: "device_code", deviceAuthorizationUrl: "https://id.test/device" };
  const works = {
    "introspect()": () => introspect("token", endpoint),
    "revoke()": () => revoke("token", endpoint),
    "a connection that is disposed of": async () => {
      const connection = await createConnection(data, options);
      await connection.getAccessToken();
      connection.dispose();
    },
    "a connection that is dropped": async () => void (await (await createConnection(data, options)).getAccessToken()),
    "a device's sign-in": async () => {
      const connection = await createConnection(devices, { host: { fetch, wait: async () => {} } });
      await (await connection.device()).completed;
      connection.dispose();
    },
    "a gate": async () => {
      const gate = await createGate({ baseUrl: "https://gate.test" }, { user: "u", password: "p", host: { fetch } });
      await gate.check("ada@example.com");
    },
    "a gate's service": async () => {
      const handle = createGateHandler({ user: "u", password: "p", isAuthorised: () => true });
      assert.equal((await handle(new Request("https://gate.test/authorize?email=a@example.com"))).status, 401);
    },
  };
  for (const [name, work] of Object.entries(works)) {
    test(`does not grow: ${name}`, async () => assert.equal(await growth(work), 0));
  }

  test("holds nothing of a connection that was disposed of, or of a gate that was dropped", async () => {
    const held = [];
    const host = () => {
      const host = { fetch: async (...args) => fetch(...args) };
      held.push(new WeakRef(host));
      return host;
    };
    for (let i = 0; i < 10; i++) {
      (await createConnection(data, { ...options, host: host() })).dispose();
      await createGate({ baseUrl: "https://gate.test" }, { user: "u", password: "p", host: host() });
    }
    const left = () => held.filter((ref) => ref.deref()).length;
    await collected(() => left() === 0);
    assert.equal(left(), 0);
  });
});

describe("what is under way when it is disposed of", () => {
  test("ends by itself, and harms nobody beside it", async () => {
    const waiting = deferred();
    const asked = deferred();
    const slow = await createConnection(data, { ...options, host: { fetch: async () => (asked.resolve(), waiting.promise) } });
    const beside = await createConnection(data, options);
    const realms = memories.length;
    const call = slow.getAccessToken();
    await asked.promise;
    slow.dispose();
    await assert.rejects(call, { code: "disposed" });
    await setImmediate();
    waiting.resolve(await fetch());
    await collected(() => false);
    assert.equal(await beside.getAccessToken(), "t");
    assert.equal(memories.length, realms, "the instance is the same");
    beside.dispose();
  });

  test("may be disposed of from within, and twice", async () => {
    let inner;
    const connection = (inner = await createConnection(data, { ...options, host: { fetch, now: () => (inner?.dispose(), 0) } }));
    const realms = memories.length;
    await assert.rejects(connection.getAccessToken(), { code: "disposed" });
    connection.dispose();
    const next = await createConnection(data, options);
    assert.equal(await next.getAccessToken(), "t");
    assert.equal(memories.length, realms, "the instance is the same");
  });

  test("a gate that is dropped while it asks still answers", async () => {
    const waiting = deferred();
    const asked = deferred();
    const answer = (async () => {
      const gate = await createGate({ baseUrl: "https://gate.test" },
        { user: "u", password: "p", host: { fetch: async () => (asked.resolve(), waiting.promise) } });
      return gate.check("ada@example.com").then(({ reason }) => reason);
    })();
    await asked.promise;
    await collected(() => false);
    waiting.resolve(Response.json({ authorised: true, email: "ada@example.com" }));
    assert.notEqual(await answer, "unreachable");
  });
});
