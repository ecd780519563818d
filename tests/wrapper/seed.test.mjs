/** Seeds: the session of a page that is to open signed in. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createAuth } from "../../pkg/dist/index.js";
import { memoryStorage, seedSession } from "../../pkg/dist/testing.js";
import { app, asked, world } from "./in-process.mjs";

describe("a seeded session", () => {
  it("is one record, with which a client opens signed in", async () => {
    const { op, clock } = world();
    const seed = await seedSession({ createAuth, options: app, provider: op, user: "bob" });
    assert.equal(Object.keys(seed).length, 1);
    const auth = await createAuth({ ...app, storage: memoryStorage(seed), host: op.host });
    assert.equal(auth.user.sub, "bob");
    const token = await auth.getAccessToken();
    assert.deepEqual(asked(op), ["discovery 200", "jwks 200", "token 200"]);
    assert.notEqual(await auth.getAccessToken({ forceRefresh: true }), token);
    assert.ok(clock.now > 0);
    auth.dispose();
  });

  it("has tokens that any page can use, which a client of bound ones binds when it refreshes them", async () => {
    const sent = [];
    const { op } = world({ fetch: async (request) => (sent.push(request.headers.get("authorization")), new Response()) });
    const options = { ...app, dpop: true };
    const seed = await seedSession({ createAuth, options, provider: op });
    const auth = await createAuth({ ...options, storage: memoryStorage(seed), host: op.host });
    await auth.fetch("https://app.test/");
    await auth.getAccessToken({ forceRefresh: true });
    await auth.fetch("https://app.test/");
    assert.deepEqual(sent.map((authorization) => authorization.split(" ")[0]), ["Bearer", "DPoP"]);
    auth.dispose();
  });

  it("is the same for a client whose responses are signed, and is asked for plainly", async () => {
    const { op } = world();
    const modes = [];
    const provider = { ...op, authorize: (url, options) => (modes.push(new URL(url).searchParams.get("response_mode")), op.authorize(url, options)) };
    const options = { ...app, jarm: true };
    const seed = await seedSession({ createAuth, options, provider });
    const auth = await createAuth({ ...options, storage: memoryStorage(seed), host: op.host });
    assert.deepEqual([modes, auth.user.sub], [[null], "ada"]);
    auth.dispose();
  });

  it("is that of one client alone", async () => {
    const { op } = world();
    const seed = await seedSession({ createAuth, options: { ...app, name: "a" }, provider: op });
    for (const [name, status] of [["a", "signed-in"], ["b", "signed-out"]]) {
      const auth = await createAuth({ ...app, name, storage: memoryStorage(seed), host: op.host });
      assert.equal(auth.state.status, status);
      auth.dispose();
    }
  });

  it("is none where none could be read", async () => {
    const { op } = world();
    for (const persist of ["memory", "device"]) {
      await assert.rejects(seedSession({ createAuth, options: { ...app, persist }, provider: op }), { code: "config_invalid", message: /\(persist\)/ });
    }
    const own = await seedSession({ createAuth, options: { ...app, persist: "device", storage: memoryStorage() }, provider: op });
    assert.equal(Object.keys(own).length, 1);
    op.fail("discovery", { status: 500 });
    await assert.rejects(seedSession({ createAuth, options: app, provider: op }), { code: "discovery_http" });
    await assert.rejects(seedSession({ createAuth, options: app, provider: op, user: "mallory" }), /no user/);
  });
});
