/**
 * Connections on an edge runtime as Cloudflare's, where requests are kept apart: what one began ends with its
 * client, timers and all, without any other hearing of that, and what belongs to one throws in another.
 */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, test } from "node:test";

import { codeOf, memoryStore } from "./support.mjs";

/** The request that is served: `{ left }`, whether its client has gone away. */
const served = new AsyncLocalStorage();
const turn = () => new Promise((resolve) => setImmediate(resolve));
const never = () => new Promise(() => {});
/** What the platform brings to the request that asked for it, after some turns; nothing to one that is over. */
async function brought(answer, turns = 1) {
  const request = served.getStore();
  for (let i = 0; i < turns; i++) await turn();
  return request?.left ? never() : answer;
}

Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Cloudflare-Workers" } });
globalThis.AbortController = class {
  constructor() {
    const request = served.getStore();
    const own = () => {
      if (served.getStore() !== request) throw new Error("Cannot perform I/O on behalf of a different request.");
    };
    let aborted = false;
    this.signal = {
      get aborted() {
        own();
        return aborted;
      },
      throwIfAborted: own,
      addEventListener() {},
      removeEventListener() {},
    };
    this.abort = () => {
      own();
      aborted = true;
    };
  }
};
const { setTimeout } = globalThis;
globalThis.setTimeout = (...timer) => setTimeout(...timer).unref(); // those of requests that are over hold nobody up
const { compile } = WebAssembly;
WebAssembly.compile = async (bytes) => brought(await compile(bytes));

const { createConnection, createGate } = await import("portcullis/connect");

const MACHINE = { id: "c", type: "two-legged", grant: "client_credentials", clientId: "api", tokenUrl: "https://id.test/token", apiOrigins: ["https://api.test"] };
const PERSON = { ...MACHINE, type: "three-legged", grant: "authorization_code", authorizationUrl: "https://id.test/authorize", redirectUri: "https://app.test/cb" };

/** Has a request do `work`, in a turn of its own. */
async function serve(work, request = {}) {
  await turn();
  return served.run(request, () => work(request));
}

/** Whether nothing came of it yet. */
const isOpen = (outcome) => Promise.race([outcome.then(() => false, () => false), turn().then(() => true)]);

/** A system that rotates refresh tokens, and how to make connections to it; `slow` are the turns that it takes. */
function world(t, slow = 1) {
  const there = { sent: [], slow, ahead: 0, waits: 0, onToken() {} };
  const fetch = async (input, init) => {
    if (!new URL(input.url ?? input).pathname.endsWith("/token")) return brought(Response.json({ email: "ada@app.test", authorised: true }));
    there.onToken(served.getStore());
    const { refresh_token } = Object.fromEntries(new URLSearchParams(init.body));
    const last = there.sent.push(refresh_token) - 1;
    return brought(Response.json({ access_token: `t${last + 1}`, refresh_token: `r${last + 1}`, expires_in: 3600 }), there.slow);
  };
  const host = { fetch, now: () => 1_000_000 + there.ahead, wait: () => (there.waits++, brought()) };
  return Object.assign(there, {
    host,
    connect: (data, options) => serve(async () => {
      const connection = await createConnection(data, { ...options, host });
      t.after(() => connection.dispose());
      return connection;
    }),
    /** Lets somebody in, whose token then dies. */
    letIn: async (connection) => {
      await serve(async () => {
        const state = new URL(await connection.authorizeUrl()).searchParams.get("state");
        await connection.completeAuthorization(`https://app.test/cb?code=c&state=${state}`);
      });
      there.ahead += 3600;
    },
  });
}

const tokenOf = (connection) => serve(() => connection.getAccessToken());
const stores = () => [undefined, memoryStore()];

test("nobody waits for a module that comes up for another", async (t) => {
  const { host, connect } = world(t);
  const first = serve(() => createConnection(MACHINE, { host }), { left: true });
  for (const connection of await Promise.all([connect(MACHINE), connect(MACHINE)])) {
    assert.match(await tokenOf(connection), /^t\d$/);
  }
  assert.ok(await isOpen(first));
});

describe("one connection", () => {
  test("serves one request after the other", async (t) => {
    for (const store of stores()) {
      const { connect, letIn } = world(t);
      const connection = await connect(PERSON, { store });
      await letIn(connection);
      assert.equal(await tokenOf(connection), "t2");
      assert.equal((await serve(() => connection.fetch("https://api.test/orders"))).status, 200);
      assert.equal(await serve(() => connection.dispose()), undefined);
      assert.equal(await codeOf(tokenOf(connection)), "disposed");
    }
  });

  test("has one refresh token spent once, however many requests want another token and however long that takes", async (t) => {
    for (const store of stores()) {
      const there = world(t, 200);
      const connection = await there.connect(PERSON, { store });
      await there.letIn(connection);
      const tokens = await Promise.all([1, 2, 3].map(() => tokenOf(connection)));
      assert.deepEqual(tokens, ["t2", "t2", "t2"]);
      assert.deepEqual(there.sent, [undefined, "r1"]);
    }
  });

  test("asks again for whoever comes after a client that went away", async (t) => {
    for (const store of stores()) {
      for (const change of [{}, { forceRefresh: true }]) {
        const there = world(t);
        const connection = await there.connect(PERSON, { store });
        await there.letIn(connection);
        there.onToken = (request) => (request.left = there.sent.length === 1);
        const left = serve(() => connection.getAccessToken(change));
        const tokens = await Promise.all([1, 2].map(() => tokenOf(connection)));
        assert.deepEqual(tokens, ["t3", "t3"]);
        assert.ok(await isOpen(left));
        assert.deepEqual(there.sent, [undefined, "r1", "r1"]);
      }
    }
  });

  test("takes over its turn in the store from a client that went away", async (t) => {
    const there = world(t);
    const store = memoryStore();
    let first;
    const setItem = async (key, value) => {
      await store.setItem(key, value);
      if (key.endsWith(".turn") && !first) (first = served.getStore()).left = true;
    };
    const connection = await there.connect(MACHINE, { store: { ...store, setItem } });
    const left = tokenOf(connection);
    while (!first) await turn();
    assert.ok([...store.held.keys()].some((key) => key.endsWith(".turn")), "it left one");
    assert.equal(await tokenOf(connection), "t1");
    assert.ok(await isOpen(left));
    assert.ok(there.waits < 60, "a turn lasts 900 looks");
    assert.deepEqual([...store.held.keys()].filter((key) => key.endsWith(".turn")), []);
  });

  test("gives everybody the failure of a request that they left to one", async (t) => {
    const there = world(t);
    const refuse = async () => (there.sent.push("!"), brought(Response.json({ error: "invalid_client" }, { status: 401 }), 20));
    const connection = await serve(() => createConnection(MACHINE, { host: { ...there.host, fetch: refuse } }));
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(tokenOf(connection))));
    assert.deepEqual(codes, ["token_error", "token_error", "token_error"]);
    assert.equal(there.sent.length, 1);
  });
});

test("two that share a store take turns", async (t) => {
  const there = world(t, 50);
  const store = memoryStore();
  const [here, elsewhere] = [await there.connect(PERSON, { store }), await there.connect(PERSON, { store })];
  await there.letIn(here);
  const tokens = await Promise.all([here, elsewhere, here, elsewhere].map(tokenOf));
  assert.deepEqual(tokens, ["t2", "t2", "t2", "t2"]);
  assert.deepEqual(there.sent, [undefined, "r1"]);
});

test("a gate is asked by one request after the other", async (t) => {
  const { host } = world(t);
  const gate = await serve(() => createGate({ baseUrl: "https://gate.test" }, { user: "portal", password: "secret", host }));
  for (const _ of [1, 2]) {
    assert.equal((await serve(() => gate.check("ada@app.test"))).authorised, true);
  }
});
