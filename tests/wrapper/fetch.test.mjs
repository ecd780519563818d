import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { coded, open, report } from "./fake.mjs";

/** A client whose module sends with each of `tokens` in turn and answers the last response. */
async function sender(tokens, answer = () => new Response("ok")) {
  const sent = [];
  const host = {
    async fetch(request) {
      sent.push({ request, authorization: request.headers.get("authorization"), body: await request.text() });
      return answer(request, sent.length);
    },
  };
  const script = () => ({
    async fetch(_method, _url, send) {
      let response;
      for (const token of tokens) response = await send(...[token].flat());
      return response;
    },
  });
  const { auth, log } = await open(script, { host });
  return { auth, sent, log };
}

describe("fetch", () => {
  it("sends the request with the token and answers the response itself", async () => {
    const response = new Response("hello");
    const { auth, sent, log } = await sender(["t1"], () => response);
    const init = { method: "PUT", headers: { "x-a": "1" }, body: "data", redirect: "manual", credentials: "include" };
    assert.equal(await auth.fetch("https://api.test/a?b#c", init), response);
    const [{ request, authorization, body }] = sent;
    assert.equal(authorization, "Bearer t1");
    assert.equal(request.headers.get("x-a"), "1");
    assert.equal(body, "data");
    assert.deepEqual([request.method, request.url, request.redirect, request.credentials],
      ["PUT", "https://api.test/a?b#c", "manual", "include"]);
    assert.deepEqual(log().at(-1).slice(1, 3), ["PUT", "https://api.test/a?b#c"]);
  });

  it("sends the body again on a replay, with the new token", async () => {
    const { auth, sent } = await sender(["old", "new"]);
    await auth.fetch("https://api.test/", { method: "POST", body: new URLSearchParams({ a: "1" }) });
    assert.deepEqual(sent.map(({ authorization, body }) => [authorization, body]), [["Bearer old", "a=1"], ["Bearer new", "a=1"]]);
  });

  it("sends a token that is bound with its proof, and one that is not without", async () => {
    const { auth, sent } = await sender([["t1", "proof"], ["t2", "another"], "t3"]);
    await auth.fetch("https://api.test/", { headers: { DPoP: "mine" } });
    assert.deepEqual(sent.map(({ authorization, request }) => [authorization, request.headers.get("dpop")]),
      [["DPoP t1", "proof"], ["DPoP t2", "another"], ["Bearer t3", "mine"]]);
  });

  it("sends a streamed body again on a replay", async () => {
    const { auth, sent } = await sender(["old", "new"]);
    const body = new Blob(["one", "two"]).stream();
    await auth.fetch("https://api.test/", { method: "POST", body, duplex: "half" });
    assert.deepEqual(sent.map(({ body }) => body), ["onetwo", "onetwo"]);
  });

  it("leaves the caller's request as it is, and overrides its authorization", async () => {
    const { auth, sent } = await sender(["t1"]);
    const mine = new Request("https://api.test/", { headers: { Authorization: "Basic mine" } });
    await auth.fetch(mine, { method: "DELETE", headers: { authorization: "Basic init" } });
    await auth.fetch(mine);
    assert.deepEqual(sent.map(({ request }) => request.method), ["DELETE", "GET"]);
    assert.deepEqual(sent.map(({ authorization }) => authorization), ["Bearer t1", "Bearer t1"]);
    assert.equal(mine.headers.get("authorization"), "Basic mine");
    assert.ok(sent.every(({ request }) => request !== mine));
  });

  it("takes a URL, and needs an absolute one where there is no page", async () => {
    const { auth, sent } = await sender(["t1"]);
    await auth.fetch(new URL("https://api.test/x"));
    assert.equal(sent[0].request.url, "https://api.test/x");
    await assert.rejects(auth.fetch("/relative"), TypeError);
  });

  it("sends nothing when the module refuses", async () => {
    const host = { fetch: () => assert.fail("sent") };
    const { auth } = await open(() => ({ fetch: async () => { throw report("origin_not_allowed"); } }), { host });
    await assert.rejects(auth.fetch("https://evil.test/"), coded("origin_not_allowed"));
  });

  it("hands the module a long URL's beginning only", async () => {
    const { auth, sent, log } = await sender(["t1"]);
    const url = `https://api.test/${"x".repeat(100_000)}`;
    await auth.fetch(url);
    assert.equal(log().at(-1)[2].length, 65_536);
    assert.equal(sent[0].request.url, url);
  });

  it("fails as the platform's fetch does when the API cannot be reached", async () => {
    const error = new TypeError("Failed to fetch");
    const { auth } = await sender(["t1"], () => { throw error; });
    await assert.rejects(auth.fetch("https://api.test/"), (thrown) => thrown === error);
  });

  it("reports what the module makes of a failure, where it does", async () => {
    const script = () => ({ fetch: (_method, _url, send) => send("t").catch(() => { throw report("step_up_required", { acrValues: ["mfa"], maxAge: 60 }); }) });
    const { auth } = await open(script, { host: { fetch: async () => { throw new TypeError("x"); } } });
    await assert.rejects(auth.fetch("https://api.test/"), (error) => {
      assert.deepEqual([error.code, error.acrValues, error.maxAge], ["step_up_required", ["mfa"], 60]);
      return true;
    });
  });

  it("says internal for a defect of the module", async () => {
    const cause = new Error("defect");
    const { auth } = await open(() => ({ fetch: async () => { throw cause; } }));
    await assert.rejects(auth.fetch("https://api.test/"), coded("internal", { cause }));
  });

  it("rejects with the signal's reason, at once, and sends nothing more", async () => {
    let send;
    const script = () => ({ fetch: (_method, _url, sender) => ((send = sender), new Promise(() => {})) });
    const { auth } = await open(script, { host: { fetch } });
    const controller = new AbortController();
    const promise = auth.fetch("https://api.invalid/", { signal: controller.signal });
    await new Promise(setImmediate);
    controller.abort();
    await assert.rejects(promise, (error) => error === controller.signal.reason);
    await assert.rejects(send("late"), { name: "AbortError" });
  });

  it("does not reach the module when aborted already", async () => {
    const { auth, log } = await sender(["t1"]);
    const reason = new Error("mine");
    await assert.rejects(auth.fetch("https://api.test/", { signal: AbortSignal.abort(reason) }), (error) => error === reason);
    assert.deepEqual(log(), [["restore"]]);
  });
});
