/** One token for everybody: callers of a connection, instances that share a store, and stores of several kinds. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { createStorage } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import memoryDriver from "unstorage/drivers/memory";
import redisDriver from "unstorage/drivers/redis";
import { startRedis } from "./redis.mjs";
import { calls, codeOf, memoryStore, world } from "./support.mjs";

const CALLERS = 10_000;
const tokenRequests = (system) => calls(system).filter((call) => call === "POST /oauth/token").length;

test(`${CALLERS} callers cause one request`, async (t) => {
  const { connect, systems } = await world(t);
  const cases = await connect("case-manager");
  const began = performance.now();
  const tokens = await Promise.all(Array.from({ length: CALLERS }, () => cases.getAccessToken()));
  const cold = performance.now() - began;
  assert.equal(new Set(tokens).size, 1);
  assert.equal(tokenRequests(systems["case-manager"]), 1);
  const again = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, () => cases.getAccessToken()));
  const warm = performance.now() - again;
  assert.equal(tokenRequests(systems["case-manager"]), 1);
  t.diagnostic(`${CALLERS} callers, 1 request: ${cold.toFixed(0)} ms; ${CALLERS} more with the token at hand: ${warm.toFixed(0)} ms`);
});

test("each scope and audience has a token of its own", async (t) => {
  const { connect, systems } = await world(t);
  const cases = await connect("case-manager");
  const ask = (scope) => cases.getAccessToken({ scope });
  const [a, b, c] = await Promise.all([ask("a"), ask("b"), ask("a")]);
  assert.equal(a, c);
  assert.notEqual(a, b);
  assert.equal(tokenRequests(systems["case-manager"]), 2);
  assert.equal(await codeOf(cases.getAccessToken({ audience: "https://other.example" })), "token_error");
});

test("a caller that gives up ends nobody else's wait", async (t) => {
  const { connect, systems } = await world(t);
  const cases = await connect("case-manager");
  const reason = new Error("no longer");
  const abort = new AbortController();
  const [first, second] = [cases.getAccessToken({ signal: abort.signal }), cases.getAccessToken()];
  abort.abort(reason);
  await assert.rejects(first, (error) => error.code === "aborted" && error.cause === reason);
  assert.ok(await second);
  assert.equal(tokenRequests(systems["case-manager"]), 1);
});

test("who asks for another token gets none that the store has", async (t) => {
  const { connect, systems } = await world(t);
  const store = memoryStore();
  const [first, second] = [await connect("case-manager", {}, { store }), await connect("case-manager", {}, { store })];
  const token = await first.getAccessToken();
  const another = await second.getAccessToken({ forceRefresh: true });
  assert.notEqual(another, token);
  assert.equal(await second.getAccessToken(), another);
  assert.equal(tokenRequests(systems["case-manager"]), 2);
});

test("a failed request is everybody's, and the next caller tries again", async (t) => {
  const { connect, systems } = await world(t);
  const cases = await connect("case-manager");
  systems["case-manager"].trouble("unavailable");
  const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(cases.getAccessToken())));
  assert.deepEqual(new Set(codes), new Set(["token_http"]));
  assert.equal(await codeOf(cases.getAccessToken()), "ok");
  assert.equal(tokenRequests(systems["case-manager"]), 2);
});

test("a renewal that fails costs nothing while the old token lives", async (t) => {
  const { connect, systems, pass } = await world(t);
  const cases = await connect("case-manager");
  const token = await cases.getAccessToken();
  pass(86_400 - 60);
  for (const [failed, rest] of [[2, 5], [3, 10]]) {
    systems["case-manager"].trouble("unavailable");
    assert.equal(await cases.getAccessToken(), token);
    // nor does a system that is down cost each call a wait for it
    pass(rest - 1);
    assert.equal(await cases.getAccessToken(), token);
    assert.equal(tokenRequests(systems["case-manager"]), failed);
    pass(1);
  }
  assert.notEqual(await cases.getAccessToken(), token);
  assert.equal(tokenRequests(systems["case-manager"]), 4);
});

test("instances renew at moments that differ", async (t) => {
  const { connect, systems, pass } = await world(t);
  const instances = [];
  for (let i = 0; i < 40; i++) {
    instances.push(await connect("case-manager", {}, { host: { random: (length) => new Uint8Array(length).fill(1 + 6 * i) } }));
  }
  const all = () => Promise.all(instances.map((instance) => instance.getAccessToken()));
  await all();
  assert.equal(tokenRequests(systems["case-manager"]), 40);
  pass(86_400 - 225);
  await all();
  // those that are early find it time, the others do not
  const renewed = tokenRequests(systems["case-manager"]) - 40;
  assert.ok(renewed > 10 && renewed < 30, `${renewed} of 40`);
});

test("when a client is disposed of, its calls end", async (t) => {
  const { connect } = await world(t);
  const cases = await connect("case-manager");
  const call = cases.getAccessToken();
  cases.dispose();
  assert.equal(await codeOf(call), "disposed");
  assert.equal(await codeOf(cases.getAccessToken()), "disposed");
});

/** Makes instances that share a store as separate servers do, each with a client of its own. */
async function shares(t, newStore) {
  const { connect, systems, pass } = await world(t);
  const { requests } = systems["case-manager"];
  const servers = await Promise.all(Array.from({ length: 8 }, async () => connect("case-manager", {}, { store: await newStore() })));
  const tokens = new Set(await Promise.all(servers.flatMap((server) => Array.from({ length: 25 }, () => server.getAccessToken()))));
  assert.equal(tokenRequests({ requests }), 1, "eight servers at once");
  assert.equal(tokens.size, 1);
  const late = await connect("case-manager", {}, { store: await newStore() });
  assert.ok(tokens.has(await late.getAccessToken()), "a server that comes later");
  pass(86_400);
  await Promise.all(servers.map((server) => server.getAccessToken()));
  assert.equal(tokenRequests({ requests }), 2, "eight servers whose token died");
  await late.signOut();
  assert.equal(await codeOf((await connect("case-manager", {}, { store: await newStore() })).getAccessToken()), "ok");
  assert.equal(tokenRequests({ requests }), 3, "after a sign-out");
}

test("servers share a token through unstorage: memory", async (t) => {
  const storage = createStorage({ driver: memoryDriver() });
  await shares(t, () => storage);
});

test("servers share a token through unstorage: file system", async (t) => {
  const base = await mkdtemp(join(tmpdir(), "portcullis-tokens-"));
  t.after(() => rm(base, { recursive: true, force: true }));
  await shares(t, () => createStorage({ driver: fsDriver({ base }) }));
});

test("servers share a token through unstorage: Redis", async (t) => {
  const redis = await startRedis(t);
  if (redis.missing) return t.skip(redis.missing);
  await shares(t, () => {
    const storage = createStorage({ driver: redisDriver({ url: redis.url }) });
    t.after(() => storage.dispose());
    return storage;
  });
});

test("a store that fails is told, and one with nonsense in it is not believed", async (t) => {
  const { connect } = await world(t);
  const broken = { ...memoryStore(), getItem: async () => { throw new Error("gone"); } };
  await assert.rejects((await connect("case-manager", {}, { store: broken })).getAccessToken(), ({ code, retryable, message, remedy }) =>
    code === "storage_unavailable" && retryable && /store/.test(message) && /store/.test(remedy));
  const full = { ...memoryStore(), setItem: async () => { throw new Error("full"); } };
  assert.equal(await codeOf((await connect("case-manager", {}, { store: full })).getAccessToken()), "ok");
  for (const nonsense of ["{", {}, { token: 7 }, "[]", 7]) {
    const odd = { ...memoryStore(), getItem: async () => nonsense };
    assert.equal(await codeOf((await connect("case-manager", {}, { store: odd })).getAccessToken()), "ok", nonsense);
  }
  assert.equal(await codeOf(connect("case-manager", {}, { store: {} })), "config_invalid");
});
