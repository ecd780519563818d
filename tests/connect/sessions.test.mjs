/** Somebody's tokens: whose they are, and renewed once at a time. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { INVALID, backFrom, held, letIn, system, until, world } from "./person.mjs";
import { codeOf, memoryStore } from "./support.mjs";

describe("an answer at the redirect URI", () => {
  test("is the user's who was sent away, also where users share a store", async (t) => {
    const { connect, to } = world(t);
    const store = memoryStore();
    const [ada, eve] = [await connect({}, { store, user: "ada" }), await connect({}, { store, user: "eve" })];
    const url = backFrom(await eve.authorizeUrl());
    assert.equal(await codeOf(ada.completeAuthorization(url)), "callback_state_unknown");
    const other = await connect({ clientId: "other" }, { store, user: "eve" });
    assert.equal(await codeOf(other.completeAuthorization(url)), "callback_state_unknown");
    assert.equal(to("/token").length, 0);
    assert.equal(await codeOf(eve.completeAuthorization(url)), "ok");
    assert.equal(await codeOf(ada.getAccessToken()), "login_required");
    assert.equal(await eve.getAccessToken(), "t1");
  });

  test("of another server that shares the store is taken, by the same user", async (t) => {
    const { connect } = world(t);
    const store = memoryStore();
    const [here, there] = [await connect({}, { store, user: "ada" }), await connect({}, { store, user: "ada" })];
    const url = backFrom(await here.authorizeUrl());
    assert.ok([...store.held.keys()].every((key) => !key.includes(new URL(url).searchParams.get("state"))), "a key tells no state");
    assert.equal(await codeOf(there.completeAuthorization(url)), "ok");
    assert.deepEqual([...store.held.keys()].filter((key) => key.includes("pending")), []);
  });
});

describe("a renewal", () => {
  test("early and one that an API asks for are one after the other", async (t) => {
    const { connect, next, pass, requests, to } = world(t);
    const connection = await connect();
    await letIn(connection);
    const [called, answerCall] = held();
    next["/orders"] = called;
    const call = connection.fetch("https://api.example/orders");
    await until(() => to("/orders").length === 1);
    pass(3590);
    const [asked, answerAsked] = held();
    next["/token"] = asked;
    const early = connection.getAccessToken();
    await until(() => to("/token").length === 2);
    answerCall(INVALID);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    answerAsked();
    assert.equal(await early, "t2");
    assert.equal((await call).status, 200);
    assert.deepEqual(to("/token").slice(1).map(({ refresh_token }) => refresh_token), ["r1"]);
    assert.equal(await codeOf(connection.getAccessToken()), "ok");
    assert.equal(requests.at(-1).path, "/orders");
  });

  test("that loses to another server's takes what that one got", async (t) => {
    const { connect, next, pass, to } = world(t);
    const store = memoryStore();
    const [here, there] = [await connect({}, { store }), await connect({}, { store })];
    await letIn(here);
    pass(3600);
    const key = [...store.held.keys()].find((key) => !key.includes("pending"));
    next["/token"] = async () => {
      // a turn is a courtesy: the other one did not wait for it
      store.held.delete(`${key}.turn`);
      await there.getAccessToken();
      return [400, { error: "invalid_grant" }];
    };
    assert.equal(await here.getAccessToken(), "t2");
    assert.equal(await there.getAccessToken(), "t2");
    assert.equal(to("/token").length, 3);
  });

  test("that is refused for another reason than the grant ends no session", async (t) => {
    const { connect, next, pass } = world(t);
    for (const [errorPath, error] of [
      [undefined, { error: "invalid_client" }], [undefined, { error: "temporarily_unavailable" }], [undefined, { error: "odd" }],
      ["$.fault.code", { fault: { code: "invalid_client" } }], ["$.fault.code", { fault: { code: "server_error" } }],
    ]) {
      const connection = await connect({ errorPath });
      await letIn(connection);
      pass(3600);
      next["/token"] = () => [400, error];
      assert.equal(await codeOf(connection.getAccessToken()), "token_error", JSON.stringify(error));
      assert.equal(await codeOf(connection.getAccessToken()), "ok", JSON.stringify(error));
    }
  });

  test("that brings no answer of the system's costs nothing while the old token lives", async (t) => {
    for (const [status, body, headers] of [
      [200, "<h1>Back soon</h1>", { "content-type": "text/html" }], [403, "<h1>Blocked</h1>", { "content-type": "text/html" }],
      [302, "", { location: "/maintenance" }], [200, {}], [503, {}],
    ]) {
      const { connect, next, pass, to } = world(t);
      const connection = await connect();
      await letIn(connection);
      pass(3590);
      next["/token"] = () => [status, body, headers];
      assert.equal(await connection.getAccessToken(), "t1", `${status}`);
      assert.equal(await connection.getAccessToken(), "t1", `${status}`);
      assert.equal(to("/token").length, 2, "it is not asked with every call");
      pass(5);
      assert.equal(await connection.getAccessToken(), "t2", `${status}`);
    }
  });

  test("whose grant is refused ends it, in OAuth's word or in the system's own", async (t) => {
    const { connect, next, pass } = world(t);
    for (const [errorPath, error] of [
      [undefined, { error: "invalid_grant" }], ["$.fault.code", { fault: { code: "invalid_grant" } }], ["$.fault.code", { fault: { code: "E-17" } }],
    ]) {
      const connection = await connect({ errorPath });
      await letIn(connection);
      pass(3600);
      next["/token"] = () => [400, error];
      assert.equal(await codeOf(connection.getAccessToken()), "login_required", JSON.stringify(error));
      assert.equal(await codeOf(connection.getAccessToken()), "login_required", JSON.stringify(error));
    }
  });
});

describe("what is taken up anew", () => {
  test("a renewal that was under way does not take the place of a new sign-in", async (t) => {
    for (const store of [undefined, memoryStore()]) {
      const { connect, next, pass, to } = world(t);
      const connection = await connect({}, { store });
      await letIn(connection);
      pass(3600);
      const [asked, answer] = held();
      next["/token"] = asked;
      const renewal = connection.getAccessToken();
      await until(() => to("/token").length === 2);
      await letIn(connection); // perhaps somebody else
      assert.equal(await connection.getAccessToken(), "t2");
      answer([200, { access_token: "old", refresh_token: "older", token_type: "Bearer", expires_in: 3600 }]);
      assert.equal(await renewal, "t2");
      assert.equal(await connection.getAccessToken(), "t2");
      if (store) assert.equal(await (await connect({}, { store })).getAccessToken(), "t2");
    }
  });

  test("a machine whose refresh token is not taken asks as at first, whatever it is told", async (t) => {
    const { connect, next, pass, to } = world(t);
    for (const refusal of [
      [401, "<h1>Session expired</h1>", { "content-type": "text/html" }], [401, { message: "expired" }], [400, { error: "invalid_grant" }],
      [404, {}], [200, { message: "none" }],
    ]) {
      const connection = await connect({ type: "two-legged", grant: "described", tokenRequest: [{ name: "own", value: "1" }] });
      const token = await connection.getAccessToken();
      pass(3600);
      next["/token"] = () => refusal;
      assert.notEqual(await connection.getAccessToken(), token, JSON.stringify(refusal));
      assert.equal(to("/token").at(-1).own, "1");
    }
  });

  test("a machine's refresh token is kept while nobody answers", async (t) => {
    const { connect, next, pass, to } = world(t);
    const connection = await connect({ type: "two-legged", grant: "described" });
    await connection.getAccessToken();
    pass(3600);
    next["/token"] = () => [503, {}];
    assert.equal(await codeOf(connection.getAccessToken()), "token_http");
    assert.equal(await connection.getAccessToken(), "t2");
    assert.deepEqual(to("/token").map(({ refresh_token }) => refresh_token), [undefined, "r1", "r1"]);
  });
});

describe("a token that only a person can replace", () => {
  const issued = [200, { access_token: "t", token_type: "Bearer", expires_in: 3600 }];

  test("is good until its end", async (t) => {
    for (const [change, store] of [[{}], [{}, memoryStore()], [{ persistToken: true, maxLifetime: 3600 }, memoryStore()]]) {
      const { connect, next, pass, to } = world(t);
      const connection = await connect(change, { store });
      next["/token"] = () => issued;
      await letIn(connection);
      pass(3590);
      assert.equal(await connection.getAccessToken(), "t");
      assert.equal((await connection.fetch("https://api.example/orders")).status, 200);
      if (store) assert.equal(await (await connect(change, { store })).getAccessToken(), "t");
      pass(5);
      assert.equal(await codeOf(connection.getAccessToken()), "login_required");
      assert.equal(to("/token").length, 1);
    }
  });

  test("stays where another one is asked for in vain", async (t) => {
    const { connect, next } = world(t);
    const connection = await connect();
    next["/token"] = () => issued;
    await letIn(connection);
    assert.equal(await codeOf(connection.getAccessToken({ forceRefresh: true })), "login_required");
    assert.equal(await connection.getAccessToken(), "t");
    next["/orders"] = () => INVALID;
    assert.equal(await codeOf(connection.fetch("https://api.example/orders")), "login_required");
    assert.equal(await codeOf(connection.getAccessToken()), "login_required", "the API does not take it any more");
  });
});
