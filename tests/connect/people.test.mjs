/** Whose a token is, where what it is got with speaks of a person: nobody gets another one's. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createConnection } from "portcullis/connect";
import { memoryStore } from "./support.mjs";

/** A system that names in each token whom the request spoke of. */
function system() {
  const asked = [];
  const fetch = async (_url, { body }) => {
    const form = new URLSearchParams(body);
    const whom = form.get("username") ?? form.get("subject_token") ?? form.get("assertion");
    asked.push(whom);
    return Response.json({ access_token: `for-${whom}`, token_type: "Bearer", expires_in: 300 });
  };
  return { asked, host: { fetch } };
}

const data = (grant) => ({
  id: "ledger", type: "two-legged", grant, clientId: "ledger", clientAuth: "basic", tokenUrl: "https://id.example/token",
});

/** Connections of one grant that share a store, each with secrets of its own. */
async function connections(t, grant, ...secrets) {
  const { asked, host } = system();
  const store = memoryStore();
  const made = await Promise.all(secrets.map((own) =>
    createConnection(data(grant), { store, host, allowPasswordGrant: true, secrets: { client_secret: "of-the-client", ...own } })));
  t.after(() => made.forEach((connection) => connection.dispose()));
  return { asked, store, tokens: () => Promise.all(made.map((connection) => connection.getAccessToken())) };
}

for (const [grant, name, more] of [
  ["token_exchange", "subject_token", {}],
  ["password", "user_name", { password: "same" }],
  ["jwt_bearer", "assertion", {}],
  ["saml2_bearer", "saml_assertion", {}],
]) {
  test(`${grant}: who shares a store gets a token for the own ${name}`, async (t) => {
    const of = (value) => ({ [name]: value, ...more });
    const { asked, store, tokens } = await connections(t, grant, of("alice"), of("bob"), of("alice"));
    const [alice, bob, again] = await tokens();
    assert.notEqual(alice, bob);
    assert.equal(alice, again);
    assert.deepEqual(await tokens(), [alice, bob, alice]);
    assert.equal(asked.length, 2, "one request for each of them");
    assert.doesNotMatch([...store.held.keys()].join(), /alice|bob|same|of-the-client/);
  });
}

test("a function that tells of somebody else gets that one's token", async (t) => {
  for (const [grant, name, more] of [["token_exchange", "subject_token", {}], ["password", "user_name", { password: "same" }]]) {
    let current = "alice";
    const { asked, tokens } = await connections(t, grant, { [name]: async () => current, ...more });
    assert.deepEqual([await tokens(), await tokens()], [["for-alice"], ["for-alice"]]);
    current = "bob";
    assert.deepEqual(await tokens(), ["for-bob"]);
    current = "alice";
    assert.deepEqual(await tokens(), ["for-alice"]);
    assert.deepEqual(asked, ["alice", "bob"]);
  }
});

test("an assertion that is made anew each time is no other person", async (t) => {
  let made = 0;
  const { asked, tokens } = await connections(t, "jwt_bearer", { assertion: () => `assertion-${++made}` });
  assert.deepEqual([await tokens(), await tokens()], [["for-assertion-1"], ["for-assertion-1"]]);
  assert.equal(asked.length, 1);
});
