import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { AuthError, coded, open, report, wrapper } from "./fake.mjs";

const failing = async (thrown) => {
  const { auth } = await open(() => ({ userinfo: async () => { throw thrown; } }));
  return auth.userinfo().then(() => assert.fail("resolved"), (error) => error);
};

describe("AuthError", () => {
  it("carries every member the module reports", async () => {
    const more = { status: 400, oauth: { error: "invalid_grant", description: "d", uri: "u" }, acrValues: ["a"], maxAge: 5, retryable: true };
    const error = await failing(report("token_error", more));
    assert.ok(error instanceof AuthError && error instanceof Error);
    assert.equal(error.name, "AuthError");
    assert.equal(error.message, "token_error: it failed (there)");
    assert.equal(error.remedy, "mend it");
    for (const [key, value] of Object.entries(more)) assert.deepEqual(error[key], value);
    assert.match(error.stack, /^AuthError: token_error|^Error: token_error/);
  });

  it("serialises to what it reports, without its cause", async () => {
    const cause = { secret: "s" };
    cause.cause = cause;
    const error = await failing(cause);
    assert.equal(error.cause, cause);
    const json = JSON.parse(JSON.stringify(error));
    assert.deepEqual(Object.keys(json).sort(), ["code", "message", "name", "remedy", "retryable"]);
    assert.equal(json.code, "internal");
    assert.deepEqual(JSON.parse(JSON.stringify(await failing(report("token_http", { status: 503 })))).status, 503);
  });

  for (const thrown of ["", "plain text", "null", "5", "{}", "[]", "{\"code\":\"", undefined, null, 5, new Error("x")]) {
    it(`is internal for what is no report: ${JSON.stringify(thrown)}`, async () => {
      const error = await failing(thrown);
      assert.ok(coded("internal")(error));
      assert.equal(error.cause, thrown);
    });
  }

  it("passes through unchanged when it comes from another client", async () => {
    const first = await failing(report("network"));
    assert.equal(await failing(first), first);
  });
});

describe("texts", () => {
  const rust = readFileSync(new URL("../../src/error.rs", import.meta.url), "utf8");
  const row = (code) => new RegExp(`"${code}" (true|false)\\s+("(?:[^"\\\\]|\\\\.)*") ("(?:[^"\\\\]|\\\\.)*")`).exec(rust).slice(1).map(JSON.parse);

  it("of errors that arise before the module are the module's", async () => {
    const { auth } = await open(() => ({ userinfo: async () => { throw new Error("x"); } }));
    const big = "x".repeat(1 << 20);
    const errors = [
      await auth.userinfo().catch((error) => error),
      await auth.login({ signal: AbortSignal.abort() }).catch((error) => error),
      await auth.login({ appState: big }).catch((error) => error),
      await auth.handleCallback(big).catch((error) => error),
      await wrapper.createAuth({}, { instantiate: async () => { throw new Error("x"); } }).catch((error) => error),
      await (auth.dispose(), auth.userinfo().catch((error) => error)),
    ];
    assert.deepEqual(errors.map(({ code }) => code),
      ["internal", "aborted", "config_invalid", "callback_too_large", "unsupported", "disposed"]);
    for (const { code, message, remedy, retryable } of errors) {
      const [known, sentence, mend] = row(code);
      assert.equal(message.replace(/ \(.*\)$/, ""), `${code}: ${sentence}`);
      assert.deepEqual([retryable, remedy], [known, mend]);
    }
  });
});
