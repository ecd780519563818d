/** What ends somebody's tokens, and what does not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { held, letIn, until, world } from "./person.mjs";
import { codeOf, memoryStore } from "./support.mjs";

describe("the end", () => {
  test("a sign-out is not undone by what was under way", async (t) => {
    for (const store of [undefined, memoryStore()]) {
      const { connect, next, pass, to } = world(t);
      const connection = await connect({ revocationUrl: "https://as.example/revoke" }, { store });
      await letIn(connection);
      pass(3600);
      const [asked, answer] = held();
      next["/token"] = asked;
      const renewal = codeOf(connection.getAccessToken());
      await until(() => to("/token").length === 2);
      await connection.signOut();
      answer();
      assert.equal(await renewal, "login_required");
      assert.equal(await codeOf(connection.getAccessToken()), "login_required");
      assert.deepEqual([...(store?.held.keys() ?? [])], []);
      assert.deepEqual(to("/revoke").map(({ token }) => token), ["r1", "r2"]);
      await letIn(connection);
      assert.equal(await codeOf(connection.getAccessToken()), "ok");
    }
  });

  test("a sign-out is not undone by another server that shares the store", async (t) => {
    const { connect, pass, to } = world(t);
    const store = memoryStore();
    const [here, there] = [await connect({}, { store }), await connect({}, { store })];
    for (const session of ["as it was found", "as it was renewed"]) {
      await letIn(here);
      const token = await there.getAccessToken();
      if (session === "as it was renewed") {
        pass(3600);
        assert.notEqual(await there.getAccessToken(), token);
      }
      await here.signOut();
      pass(3600);
      const before = to("/token").length;
      assert.equal(await codeOf(there.getAccessToken()), "login_required", session);
      assert.equal(await codeOf(here.getAccessToken()), "login_required", session);
      assert.equal(to("/token").length, before, "nothing is asked for");
      assert.deepEqual([...store.held.keys()], []);
    }
  });

  test("nor by a renewal that was under way there", async (t) => {
    const { connect, next, pass, to } = world(t);
    const store = memoryStore();
    const change = { revocationUrl: "https://as.example/revoke" };
    const [here, there] = [await connect(change, { store }), await connect(change, { store })];
    await letIn(here);
    pass(3600);
    const [asked, answer] = held();
    next["/token"] = asked;
    const renewal = codeOf(there.getAccessToken());
    await until(() => to("/token").length === 2);
    await here.signOut();
    answer();
    assert.equal(await renewal, "login_required");
    assert.equal(await codeOf(there.getAccessToken()), "login_required");
    assert.equal(await codeOf(here.getAccessToken()), "login_required");
    assert.deepEqual([...store.held.keys()], []);
    assert.deepEqual(to("/revoke").map(({ token }) => token), ["r1", "r2"]);
  });

  test("a record that is damaged, or could not be written, is no sign-out", async (t) => {
    const { connect, pass } = world(t);
    const store = memoryStore();
    const connection = await connect({}, { store });
    await letIn(connection);
    for (const key of store.held.keys()) store.held.set(key, "");
    pass(3600);
    assert.equal(await connection.getAccessToken(), "t2");
    const full = memoryStore();
    const { setItem } = full;
    full.setItem = async (key, value) => (/pending|turn/.test(key) ? setItem(key, value) : Promise.reject(new Error("full")));
    const alone = await connect({}, { store: full });
    await letIn(alone);
    pass(3600);
    assert.equal(await codeOf(alone.getAccessToken()), "ok");
  });

  test("a token that was given up is not sent any more", async (t) => {
    const { connect, next, to } = world(t);
    const store = memoryStore();
    const revocationUrl = "https://as.example/revoke";
    const [here, there] = [await connect({ revocationUrl }, { store }), await connect({ revocationUrl }, { store })];
    await letIn(here);
    next["/revoke"] = () => [503, {}];
    assert.equal(await codeOf(there.revoke()), "token_http");
    assert.equal(await there.getAccessToken(), "t1");
    await here.revoke();
    assert.deepEqual(to("/revoke").map(({ token }) => token), ["r1", "r1"]);
    assert.equal(await codeOf(here.getAccessToken()), "login_required");
    assert.deepEqual([...store.held.keys()], []);
    assert.equal(await codeOf(here.revoke()), "login_required");
  });

  test("a server that never used it gives up what the store has", async (t) => {
    const { connect, to } = world(t);
    const store = memoryStore();
    const change = { revocationUrl: "https://as.example/revoke" };
    await letIn(await connect(change, { store }));
    await (await connect(change, { store })).revoke();
    assert.deepEqual(to("/revoke").map(({ token }) => token), ["r1"]);
    assert.deepEqual([...store.held.keys()], []);
  });

  test("the access token alone given up leaves the refresh token", async (t) => {
    const { connect, to } = world(t);
    const connection = await connect({ revocationUrl: "https://as.example/revoke" });
    await letIn(connection);
    await connection.revoke(await connection.getAccessToken());
    assert.equal(await connection.getAccessToken(), "t2");
    await connection.revoke("somebody's");
    assert.equal(await connection.getAccessToken(), "t2");
    assert.equal(to("/token").length, 2);
  });

  test("who waits for a turn when it is disposed of does not look again", async (t) => {
    const { connect } = world(t);
    const store = memoryStore();
    let looks = 0;
    const busy = { ...store, getItem: async (key) => {
      if (++looks > 1000) throw new Error("looks again and again");
      return key.endsWith(".turn") ? JSON.stringify({ by: "another", until: 2_000_000 }) : null;
    } };
    const connection = await connect({ type: "two-legged", grant: "client_credentials" }, { store: busy });
    const asked = codeOf(connection.getAccessToken());
    await until(() => looks > 1);
    connection.dispose();
    assert.equal(await asked, "disposed");
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(looks < 10, `${looks} looks`);
  });
});
