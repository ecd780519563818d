/** Stores that fail, hold what is damaged, or show the same to two at once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createConnection } from "portcullis/connect";
import { codeOf, memoryStore } from "./support.mjs";

const MACHINE = { id: "c", type: "two-legged", grant: "client_credentials", clientId: "api", tokenUrl: "https://id.test/token", apiOrigins: ["https://api.test"] };
const PERSON = { ...MACHINE, type: "three-legged", grant: "authorization_code", authorizationUrl: "https://id.test/authorize", redirectUri: "https://app.test/cb" };
const NOW = 1_000_000;

/** A connection whose store has other methods in place of some, at a system that rotates refresh tokens. */
async function world(t, data, change, options = {}) {
  const store = memoryStore();
  const sent = [];
  let ahead = 0;
  const fetch = async (input, init) => {
    if (!new URL(input.url ?? input).pathname.endsWith("/token")) return new Response("orders");
    const { refresh_token } = Object.fromEntries(new URLSearchParams(init.body));
    const last = sent.push(refresh_token) - 1;
    if (refresh_token && refresh_token !== `r${last}`) return Response.json({ error: "invalid_grant" }, { status: 400 });
    return Response.json({ access_token: `t${last + 1}`, refresh_token: `r${last + 1}`, expires_in: 3600 });
  };
  const host = { fetch, now: () => NOW + ahead, wait: async () => {}, ...options.host };
  const connection = await createConnection(data, { ...options, store: { ...store, ...change(store) }, host });
  t.after(() => connection.dispose());
  return { connection, store, sent, pass: (seconds) => (ahead += seconds) };
}

const isTurn = (key) => key.endsWith(".turn");
const callbackOf = async (connection) => `https://app.test/cb?code=c&state=${new URL(await connection.authorizeUrl()).searchParams.get("state")}`;
const gone = async () => {
  throw new Error("gone");
};

describe("a turn", () => {
  test("is not waited for longer than requests can last, whatever its record says", async (t) => {
    let looks = 0;
    const dead = JSON.stringify({ by: "dead", until: 9e15 });
    const { connection } = await world(t, MACHINE, ({ getItem }) => ({
      getItem: async (key) => {
        if (!isTurn(key)) return getItem(key);
        return (await getItem(key)) ?? (++looks < 2000 ? dead : null);
      },
    }));
    assert.equal(await codeOf(connection.getAccessToken()), "ok");
    assert.equal(looks, 901, "45 seconds, 20 looks in each");
  });

  test("that the store never shows is done without", async (t) => {
    let looks = 0;
    const dead = JSON.stringify({ by: "dead", until: 1 });
    const { connection } = await world(t, MACHINE, () => ({
      getItem: async (key) => {
        assert.ok(++looks < 100, "looks again and again");
        return isTurn(key) ? dead : null;
      },
    }));
    assert.equal(await codeOf(connection.getAccessToken()), "ok");
  });

  test("is over when the store fails in it", async (t) => {
    let begun = false;
    const { connection, store } = await world(t, MACHINE, ({ getItem, setItem }) => ({
      setItem: async (key, value) => ((begun = true), setItem(key, value)),
      getItem: async (key) => (begun && !isTurn(key) ? gone() : getItem(key)),
    }));
    assert.equal(await codeOf(connection.getAccessToken()), "ok");
    assert.deepEqual([...store.held.keys()].filter(isTurn), []);
  });

  test("is over when the connection is disposed of in it", async (t) => {
    let connection;
    const there = await world(t, MACHINE, () => ({}), { host: { wait: async () => connection.dispose() } });
    connection = there.connection;
    assert.equal(await codeOf(connection.getAccessToken()), "disposed");
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([[...there.store.held.keys()], there.sent], [[], []]);
  });

  test("that comes after somebody else's token asks for none", async (t) => {
    const token = JSON.stringify({ token: "theirs", since: NOW, used: NOW, until: NOW + 3600 });
    const { connection, sent } = await world(t, MACHINE, ({ held, setItem }) => ({
      setItem: async (key, value) => {
        await setItem(key, value);
        if (isTurn(key)) held.set(key.slice(0, -".turn".length), token);
      },
    }));
    assert.equal(await connection.getAccessToken(), "theirs");
    assert.deepEqual(sent, []);
  });
});

describe("a store", () => {
  test("that is full does not make a spent refresh token of an older one be sent", async (t) => {
    let isFull = false;
    const { connection, sent, pass } = await world(t, PERSON, ({ setItem }) => ({
      setItem: async (key, value) => (isFull && !isTurn(key) ? gone() : setItem(key, value)),
    }));
    await connection.completeAuthorization(await callbackOf(connection));
    isFull = true;
    for (const token of ["t2", "t3", "t4"]) {
      pass(3600);
      assert.equal(await connection.getAccessToken(), token);
    }
    assert.deepEqual(sent, [undefined, "r1", "r2", "r3"]);
  });

  test("that cannot be read ends no token that lives", async (t) => {
    let isGone = false;
    const { connection, sent, pass } = await world(t, MACHINE, ({ getItem }) => ({ getItem: async (key) => (isGone ? gone() : getItem(key)) }));
    assert.equal(await connection.getAccessToken(), "t1");
    isGone = true;
    pass(3590);
    assert.equal(await connection.getAccessToken(), "t1", "it is time for another, which cannot be looked for");
    assert.equal((await connection.fetch("https://api.test/orders")).status, 200);
    assert.equal(await codeOf(connection.getAccessToken({ forceRefresh: true })), "storage_unavailable");
    pass(10);
    assert.equal(await codeOf(connection.getAccessToken()), "storage_unavailable", "it is dead");
    isGone = false;
    assert.equal(await connection.getAccessToken(), "t2");
    assert.equal(sent.length, 2);
  });

  test("that never answers holds nobody up for ever", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const never = () => new Promise(() => {});
    for (const [method, code] of [["getItem", "storage_unavailable"], ["setItem", "ok"], ["removeItem", "ok"]]) {
      const { connection } = await world(t, MACHINE, () => ({ [method]: never }));
      let outcome;
      codeOf(connection.getAccessToken()).then((it) => (outcome = it));
      for (let i = 0; i < 50 && !outcome; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        t.mock.timers.tick(1000);
      }
      assert.equal(outcome, code, method);
    }
  });

  test("does not make a system that is down be asked more often", async (t) => {
    let isDown = false;
    const asked = [];
    let clock;
    const { connection, pass } = await world(t, MACHINE, () => ({}), {
      host: {
        fetch: async () => {
          asked.push(clock);
          return isDown ? new Response("", { status: 503 }) : Response.json({ access_token: "t", expires_in: 3600 });
        },
      },
    });
    await connection.getAccessToken();
    isDown = true;
    pass(3450); // due, on whatever moment was drawn
    asked.length = 0;
    for (clock = 0; clock < 100; clock++) {
      assert.equal(await connection.getAccessToken(), "t");
      pass(1);
    }
    assert.deepEqual(asked, [0, 5, 15, 35, 75]);
  });

  test("that forgets nothing lets nobody believe in a sign-out", async (t) => {
    const { connection } = await world(t, MACHINE, () => ({ removeItem: gone }));
    await connection.getAccessToken();
    assert.equal(await codeOf(connection.signOut()), "storage_unavailable");
  });

  test("that cannot be read lets nobody believe in a sign-out either", async (t) => {
    let isGone = false;
    const { connection, store } = await world(t, MACHINE, ({ getItem }) => ({ getItem: async (key) => (isGone ? gone() : getItem(key)) }));
    await connection.getAccessToken();
    isGone = true;
    assert.equal(await codeOf(connection.signOut()), "storage_unavailable");
    assert.deepEqual([...store.held.keys()].filter((key) => !isTurn(key)), [], "what is known of is forgotten");
  });

  test("that shows an authorization to two at once has one code exchanged", async (t) => {
    const { connection, sent } = await world(t, PERSON, () => ({}));
    const url = await callbackOf(connection);
    const codes = await Promise.all([1, 2].map(() => codeOf(connection.completeAuthorization(url))));
    assert.deepEqual(codes.sort(), ["callback_state_unknown", "ok"]);
    assert.equal(sent.length, 1);
  });

  test("is told a time that a timer can hold, and none that is too short", async (t) => {
    for (const [expires_in, ttl] of [[60, 60], [9e9, 2 ** 31 - 1], [Number.MAX_SAFE_INTEGER, 2 ** 31 - 1], [0, 1], [undefined, undefined]]) {
      let told;
      const { connection } = await world(t, MACHINE, () => ({ setItem: async (key, value, options) => void (told = isTurn(key) ? told : options) }),
        { host: { fetch: async () => Response.json({ access_token: "t", expires_in }) } });
      await connection.getAccessToken();
      assert.equal(told.ttl, ttl, `${expires_in}`);
    }
  });

  test("with a record that no header can hold has none", async (t) => {
    const record = JSON.stringify({ token: "a\r\nX-Evil: 1", since: NOW, used: NOW });
    const { connection, sent } = await world(t, MACHINE, () => ({ getItem: async (key) => (isTurn(key) ? null : record) }));
    assert.equal((await connection.fetch("https://api.test/orders")).status, 200);
    assert.equal(sent.length, 1);
  });
});

describe("tokens in one store are told apart", () => {
  const made = async (t, store, options) => {
    let count = 0;
    const fetch = async (_, { body }) => Response.json({ access_token: `${new URLSearchParams(body).get("tenant")}${++count}` });
    const data = { ...MACHINE, tokenRequest: [{ name: "tenant", value: "%[tenant]" }] };
    const connection = await createConnection(data, { ...options, store, host: { fetch, wait: async () => {} } });
    t.after(() => connection.dispose());
    return connection;
  };

  test("by the values that they are asked for with", async (t) => {
    const store = memoryStore();
    for (const tenant of ["a", "b"]) {
      assert.equal(await (await made(t, store, { values: { tenant } })).getAccessToken(), `${tenant}1`);
    }
  });

  test("by users that are texts: all objects are one", async (t) => {
    for (const user of [{ id: 1 }, ["ada"], 7, true, () => "ada"]) {
      assert.equal(await codeOf(made(t, memoryStore(), { user, values: { tenant: "a" } })), "config_invalid");
    }
  });
});
