/** Names in templates: where each has its value from, and that it has one wherever it may stand. */
import assert from "node:assert/strict";
import { test } from "node:test";

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
