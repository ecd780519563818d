import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { AuthError, bundle, coded, importText, open, report, wrapper } from "./fake.mjs";

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
    assert.equal(error.message, "token_error: the token endpoint refused the request (there)");
    assert.equal(error.remedy, "see oauth.error; check the client's registration");
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

describe("the words of an error", () => {
  const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const rust = read("src/error.rs");
  const row = (code) => new RegExp(`"${code}" (true|false)\\s+("(?:[^"\\\\]|\\\\.)*") ("(?:[^"\\\\]|\\\\.)*")`).exec(rust).slice(1).map(JSON.parse);
  const [, union] = /export type AuthErrorCode =([\s\S]*?);/.exec(read("pkg/errors.ts"));
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);

  it("are the table's, for every code", async () => {
    assert.ok(codes.length > 70);
    for (const code of codes) {
      const { message, remedy } = await failing(report(code));
      const [, sentence, mend] = row(code);
      assert.deepEqual([message, remedy], [`${code}: ${sentence} (there)`, mend]);
    }
    const { message } = await failing(JSON.stringify({ code: "network", retryable: true }));
    assert.equal(message, "network: a request got no answer");
  });

  it("are the table's also where it arises before the module", async () => {
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

  it("say whether to try again as the table does, whatever of the wrapper's own it was", async () => {
    const entry = fileURLToPath(new URL("../../pkg/errors.ts", import.meta.url));
    const { outputFiles: [{ text }] } = await build({ entryPoints: [entry], bundle: true, write: false, format: "esm" });
    const { Failure, toAuthError } = await importText(text);
    const [, own] = /readonly code: ("[^,]*),/.exec(read("pkg/errors.ts"));
    const failures = [...own.matchAll(/"(\w+)"/g)].map(([, code]) => code);
    assert.ok(failures.includes("popup_closed") && failures.length >= 10);
    for (const code of failures) assert.equal(toAuthError(new Failure(code)).retryable, row(code)[0], code);
  });

  /** A client of a page of its own, whose words come from `source`. */
  const openWith = async (source, script) => open(script, {}, await importText(await bundle("slim", source)));
  const asked = (number) => `globalThis.asked = (globalThis.asked ?? 0) + 1; // ${number}\n`;
  const network = { userinfo: async () => { throw report("network"); } };
  const caught = (promise) => promise.then(() => assert.fail("resolved"), (error) => error);

  it("are asked for by the first error, and once", async (t) => {
    t.after(() => delete globalThis.asked);
    const { auth } = await openWith(`${asked(1)}export const words = () => ["it is down", "mend it"];`, () => network);
    assert.equal(await auth.logout().catch(() => {}), undefined);
    auth.isCallback("");
    assert.equal(globalThis.asked, undefined);
    const errors = await Promise.all([caught(auth.userinfo()), caught(auth.userinfo())]);
    for (const { message, remedy } of errors) {
      assert.deepEqual([message, remedy], ["network: it is down (there)", "mend it"]);
    }
    assert.equal(globalThis.asked, 1);
  });

  it("are the code where they cannot be loaded", async () => {
    const { auth } = await openWith("throw new Error('no network');", () => ({ ...network, diagnose: async () => `{"checks":[{"id":0,"ok":false,"error":{"code":"timeout"}}]}` }));
    for (let i = 0; i < 2; i++) {
      const { code, message, remedy } = await caught(auth.userinfo());
      assert.deepEqual([code, message], ["network", "network (there)"]);
      assert.ok(remedy.length > 5);
    }
    const { checks: [{ detail, remedy }], report: text } = await auth.diagnose();
    assert.equal(detail, "timeout");
    assert.match(text, /^WRONG secure-context: timeout\n {6}> look the code up/m);
    assert.ok(text.includes(remedy));
  });

  it("are waited for no longer than two seconds", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => delete globalThis.arrive);
    const late = "await new Promise((arrive) => (globalThis.arrive = arrive)); export const words = () => ['late', 'm'];";
    const { auth, core } = await openWith(late, () => network);
    let seen;
    auth.userinfo().catch((error) => (seen = error));
    await new Promise(setImmediate);
    t.mock.timers.tick(1999);
    await new Promise(setImmediate);
    assert.equal(seen, undefined);
    t.mock.timers.tick(1);
    await new Promise(setImmediate);
    assert.equal(seen.message, "network (there)");
    const problems = [];
    auth.on("problem", ({ error }) => problems.push(error.message));
    core.host.emit("problem", `{"error":${report("network")}}`);
    assert.equal((await caught(auth.userinfo())).message, "network (there)", "only once");
    globalThis.arrive();
    await new Promise(setImmediate);
    assert.equal((await caught(auth.userinfo())).message, "network: late (there)");
    assert.deepEqual(problems, ["network (there)"]);
  });

  it("are not waited for by who ended the call", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const never = "await new Promise(() => {}); export const words = () => [];";
    const { auth } = await openWith(never, () => ({ login: () => new Promise(() => {}) }));
    const controller = new AbortController();
    const calls = [auth.login({ signal: controller.signal }), auth.login()];
    controller.abort();
    auth.dispose();
    const errors = await Promise.all([...calls, auth.login()].map(caught));
    assert.deepEqual(errors.map(({ code }) => code), ["aborted", "disposed", "disposed"]);
    assert.throws(() => auth.trace(), { code: "disposed", message: "disposed" });
  });
});
