/** The token endpoints of the systems when they do not work, and what that comes to. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { codeOf, world } from "./support.mjs";

/** What a token endpoint can do wrong, and what it comes to. */
const TROUBLES = {
  refused: { code: "token_error" },
  unavailable: { code: "token_http", status: 503, retryable: true },
  malformed: { code: "token_invalid" },
  html: { code: "token_invalid" },
  empty: { code: "token_invalid" },
  redirect: { code: "token_http", retryable: true },
};

for (const [name, change, options] of [
  ["case-manager"], ["compliance-auth", {}, { allowPasswordGrant: true }], ["cardsync"],
  ["iman", { type: "two-legged", grant: "described", clientId: "importer", tokenRequest: [{ name: "grant_type", value: "client_credentials" }] }],
]) {
  describe(`trouble at the token endpoint: ${name}`, () => {
    for (const [kind, expected] of Object.entries(TROUBLES)) {
      test(kind, async (t) => {
        const { connect, systems, secrets } = await world(t);
        const connection = await connect(name, change, options);
        systems[name].trouble(kind);
        const error = await connection.getAccessToken().catch((error) => error);
        // where the data says that an error is elsewhere in the answer, this one is a status alone
        const isElsewhere = kind === "refused" && ["cardsync", "iman"].includes(name);
        const { code, status = error.status, retryable = false } = isElsewhere ? { code: "token_http" } : expected;
        assert.deepEqual([error.code, error.status, error.retryable], [code, status, retryable], error.message);
        const everything = JSON.stringify([error, error.message, error.stack, connection.trace()]);
        for (const secret of Object.values(secrets[name])) assert.ok(!everything.includes(secret), secret);
      });
    }

    test("a redirect is not followed", async (t) => {
      const { connect, systems } = await world(t);
      const connection = await connect(name, change, options);
      for (const status of [301, 302, 303, 307, 308]) {
        const { requests } = systems[name];
        requests.length = 0;
        systems[name].trouble("redirect", status);
        assert.equal(await codeOf(connection.getAccessToken()), "token_http", `${status}`);
        assert.deepEqual(requests.filter(({ path }) => path === "/elsewhere"), [], `${status}`);
      }
    });

    test("silence", async (t) => {
      const { connect, systems } = await world(t);
      const connection = await connect(name, { ...change, timeout: 1 }, options);
      systems[name].trouble("silence");
      await assert.rejects(connection.getAccessToken(), { code: "timeout", retryable: true });
    });
  });
}
