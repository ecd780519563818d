/** Names in templates: where each has its value from, and that it has one wherever it may stand. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";

import { createConnection, introspect, revoke } from "portcullis/connect";
import { codeOf } from "./support.mjs";

const MACHINE = { id: "c", type: "two-legged", clientId: "c", tokenUrl: "https://id.test/token", apiOrigins: ["https://api.test"] };
const secrets = { client_secret: "s3cr3t" };

/** A connection to a system that hands out tokens with `members`, those of a refreshed one with `refreshed`. */
async function world(t, data, { members = {}, refreshed = members, ...options } = {}) {
  let ahead = 0;
  let issued = 0;
  const requests = [];
  const fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    const fields = Object.fromEntries(new URLSearchParams(await request.text()));
    requests.push({ line: `${request.method} ${pathname}`, headers: request.headers, fields });
    if (pathname === "/policy") return Response.json({ id: `p${issued}` });
    if (pathname !== "/token") return Response.json({});
    const told = fields.grant_type === "refresh_token" ? refreshed : members;
    return Response.json({ access_token: `t${++issued}`, refresh_token: `r${issued}`, expires_in: 100, ...told });
  };
  const connection = await createConnection({ ...MACHINE, ...data }, { ...options, host: { fetch, now: () => 1_000_000 + ahead } });
  t.after(() => connection.dispose());
  return { connection, requests, pass: (seconds) => (ahead += seconds) };
}

describe("a value that an answer held", () => {
  const policy = { before: [{ url: "https://id.test/policy", read: { policy_id: "$.id" } }] };

  test("before the token request goes on to calls, and to the sign-out", async (t) => {
    const { connection, requests } = await world(t, {
      ...policy, testUrl: "https://api.test/orders",
      requestHeaders: [{ name: "X-Policy", value: "%[policy_id]" }, { name: "Authorization", value: "Bearer %[token]" }],
      signOut: { method: "DELETE", url: "https://id.test/%[policy_id]/%[token]" },
    });
    await connection.fetch("https://api.test/orders");
    assert.equal(requests.at(-1).headers.get("x-policy"), "p0");
    const { ok, report } = await connection.test();
    assert.ok(ok, report);
    assert.equal(requests.at(-1).headers.get("x-policy"), "p1", "that of its own token");
    await connection.signOut();
    assert.equal(requests.at(-1).line, "DELETE /p1/t2");
    assert.ok(!JSON.stringify([report, connection.trace()]).includes("p1"), "it may be secret");
  });

  test("with a token goes on to the request that refreshes it", async (t) => {
    const { connection, requests, pass } = await world(t, {
      tokenValues: { instance: "$.instance" },
      refreshRequest: [{ name: "grant_type", value: "refresh_token" }, { name: "instance", value: "%[instance]" }],
    }, { members: { instance: "i7" } });
    await connection.getAccessToken();
    pass(100);
    assert.equal(await connection.getAccessToken(), "t2");
    assert.equal(requests.at(-1).fields.instance, "i7");
  });

  test("with the first token stays where a refreshed one comes without it", async (t) => {
    const { connection, requests, pass } = await world(t, {
      tokenValues: { instance: "$.instance" }, requestHeaders: [{ name: "X-Instance", value: "%[instance]" }],
    }, { members: { instance: "i7" }, refreshed: {} });
    await connection.getAccessToken();
    pass(100);
    await connection.fetch("https://api.test/orders");
    assert.equal(requests.at(-1).headers.get("x-instance"), "i7");
    assert.equal(requests.length, 3);
  });
});

test("a secret may be named by what an assertion says", async (t) => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { connection, requests } = await world(t, {
    grant: "jwt_bearer", tokenUrl: "https://id.test/token?tenant=%[tenant]", assertionSubject: "%[user_name]", secrets: ["tenant"],
  }, { secrets: { user_name: "ada", tenant: "t 1", private_key: privateKey.export({ type: "pkcs8", format: "pem" }) } });
  await connection.getAccessToken();
  const { sub, aud } = JSON.parse(Buffer.from(requests[0].fields.assertion.split(".")[1], "base64url"));
  assert.deepEqual([sub, aud], ["ada", "https://id.test/token?tenant=t%201"]);
});

test("a scope is a text, and so is an audience", async (t) => {
  const { connection, requests } = await world(t, { grant: "client_credentials" });
  for (const wrong of [["a", "b"], {}, 7, true, Symbol("a")]) {
    assert.equal(await codeOf(connection.getAccessToken({ scope: wrong })), "config_invalid");
    assert.equal(await codeOf(connection.fetch("https://api.test/", {}, { audience: wrong })), "config_invalid");
  }
  assert.deepEqual(requests, []);
  assert.equal(await codeOf(connection.getAccessToken({ scope: null, audience: undefined })), "ok");
});

test("a token that is asked about is one, and its hint no template", async (t) => {
  const bodies = [];
  const fetch = async (_, { body }) => {
    bodies.push(body);
    return Response.json({ active: true });
  };
  const options = { url: "https://id.test/about", clientId: "c", secrets, tokenTypeHint: "%[client_secret]", host: { fetch } };
  for (const wrong of [undefined, null, "", 7, ["t"]]) {
    for (const ask of [introspect, revoke]) {
      await assert.rejects(ask(wrong, options), ({ code, message }) => code === "config_invalid" && message.includes("(token)"));
    }
  }
  assert.deepEqual(bodies, []);
  await introspect("t", options);
  await revoke("t", options);
  assert.deepEqual(bodies.map((body) => new URLSearchParams(body).get("token_type_hint")), ["%[client_secret]", "%[client_secret]"]);
});
