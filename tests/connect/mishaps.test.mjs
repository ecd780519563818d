/** What systems answer that they should not, and what is given up while it is under way. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";

import { createConnection, createGate, createGateHandler, introspect } from "portcullis/connect";
import { codeOf } from "./support.mjs";

const MACHINE = { id: "c", type: "two-legged", grant: "client_credentials", clientId: "api", tokenUrl: "https://id.test/token", apiOrigins: ["https://api.test"] };
const DEVICE = { ...MACHINE, type: "three-legged", grant: "device_code", deviceAuthorizationUrl: "https://id.test/device" };
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

const json = (body, status = 200) => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

/** A connection to whatever `answer` says for a path. */
async function connect(t, data, answer, { host, ...options } = {}) {
  const fetch = async (input, init) => answer(new URL(input.url ?? input).pathname, new URLSearchParams(init?.body));
  const connection = await createConnection(data, { ...options, host: { fetch, ...host } });
  t.after(() => connection.dispose());
  return connection;
}

/** Lets all that can go on go on. */
async function settled() {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe("client credentials (RFC 6749 4.4.3)", () => {
  test("bring no refresh token and no ID token: they are ignored, with a warning", async (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    const sent = [];
    let now = 1000;
    const connection = await connect(t, MACHINE, (_, body) => {
      sent.push(body.get("grant_type"));
      return json({ access_token: "t", refresh_token: "r3fresh", id_token: "1d", expires_in: 60 });
    }, { host: { now: () => now } });
    await connection.getAccessToken();
    now += 60;
    await connection.getAccessToken();
    assert.deepEqual(sent, ["client_credentials", "client_credentials"]);
    assert.deepEqual(warn.mock.calls.map((call) => call.arguments[0])[0],
      "portcullis: connection c: ignored in the answer to client credentials: refresh_token and id_token");
    assert.deepEqual(connection.trace()[0].detail, { status: 200, ignored: "refresh_token and id_token" });
    assert.ok(!JSON.stringify(connection.trace()).includes("r3fresh"));
  });

  test("that bring neither are taken without a word", async (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    const connection = await connect(t, MACHINE, () => json({ access_token: "t", refresh_token: null, id_token: null }));
    await connection.getAccessToken();
    assert.equal(warn.mock.callCount(), 0);
  });
});

describe("what a system says", () => {
  test("of a token is data, whatever its members are called, and its numbers are what they were", async () => {
    const said = (body) => introspect("x", { url: "https://id.test/i", clientId: "a", secrets: { client_secret: "s" }, host: { fetch: async () => json(body) } });
    const odd = await said('{"active":false,"__proto__":{"scope":"admin"},"constructor":1,"exp":9007199254740993,"n":1.5}');
    assert.equal(odd.scope, undefined);
    assert.equal(Object.getPrototypeOf(odd), Object.prototype);
    assert.deepEqual(Object.keys(odd).sort(), ["__proto__", "active", "constructor", "exp", "n"]);
    assert.deepEqual([odd.exp, odd.n], ["9007199254740993", 1.5]);
  });

  test("is shown without its token, also where that is no JSON or stands within a text", async (t) => {
    for (const [type, body] of [
      ["text/plain", TOKEN], ["text/xml", `<jwt>${TOKEN}</jwt>`], ["application/json", `{"jwt": "${TOKEN}"`],
      ["application/json", JSON.stringify({ result: { header: `Bearer ${TOKEN}` } })],
      ["application/json", JSON.stringify({ next: `https://id.test/?x=${TOKEN}` })],
      ["application/json", JSON.stringify({ [TOKEN]: 1 })],
    ]) {
      const connection = await connect(t, { ...MACHINE, trace: true }, () => new Response(body, { headers: { "content-type": type } }));
      const everything = JSON.stringify([await connection.test(), connection.trace()]);
      assert.ok(everything.includes("‹redacted›") && !everything.includes("c2lnbmF0dXJl"), `${type}: ${everything}`);
    }
  });
});

describe("a system that cannot answer", () => {
  /** A connection whose system answers as `state.answer` says, and a clock that only the test moves. */
  async function outage(t) {
    const state = { answer: () => json("", 503), asked: 0, clock: 1_800_000_000_000 };
    const connection = await connect(t, MACHINE, (path) => {
      if (path === "/token") state.asked += 1;
      return state.answer();
    }, { host: { now: () => state.clock / 1000 } });
    return { state, connection, code: () => codeOf(connection.getAccessToken()) };
  }
  const issued = () => json({ access_token: "t", token_type: "Bearer", expires_in: 60 });

  test("is left alone for a moment, and then asked again", async (t) => {
    const { state, code } = await outage(t);
    const codes = [];
    for (let calls = 0; calls < 20; calls++) codes.push(await code());
    assert.deepEqual([new Set(codes), state.asked], [new Set(["token_http"]), 2]);
    state.answer = issued;
    state.clock += 376; // one and a half times the first moment
    assert.equal(await code(), "ok");
  });

  test("is asked less and less, and at least every 45 seconds", async (t) => {
    const { state, code } = await outage(t);
    let longest = 0;
    for (let last = state.clock; state.asked < 20; state.clock += 25) {
      const before = state.asked;
      await code();
      if (state.asked === before) continue;
      longest = Math.max(longest, state.clock - last);
      last = state.clock;
    }
    assert.ok(longest > 15_000 && longest <= 45_025, `${longest} ms`);
    // a clock that was set back makes it no longer
    state.answer = issued;
    state.clock -= 60_000;
    assert.equal(await code(), "ok");
  });

  test("is told from one that refuses, which may be mended at once", async (t) => {
    const { state, code } = await outage(t);
    state.answer = () => json({ error: "invalid_client" }, 401);
    assert.deepEqual([await code(), await code(), state.asked], ["token_error", "token_error", 2]);
    state.answer = issued;
    assert.equal(await code(), "ok");
  });
});

describe("a sign-in on another device", () => {
  const prompt = { device_code: "d", user_code: "u", verification_uri: "https://id.test", expires_in: 1800, interval: 5 };
  const pending = () => json({ error: "authorization_pending" }, 400);

  test("is not asked about any more once nobody waits for it", async (t) => {
    let polls = 0;
    const waits = [];
    const connection = await connect(t, DEVICE, (path) => (path === "/device" ? json(prompt) : (polls++, json({ access_token: "t" }))),
      { host: { wait: () => new Promise((resolve) => waits.push(resolve)) } });
    const abort = new AbortController();
    const signIn = await connection.device({ signal: abort.signal });
    await settled();
    abort.abort();
    assert.equal(await codeOf(signIn.completed), "aborted");
    waits.pop()();
    await settled();
    assert.deepEqual([polls, waits.length], [0, 0]);
    assert.equal(await codeOf(connection.getAccessToken()), "login_required");
  });

  test("is waited for no longer once nobody does", async (t) => {
    const signals = [];
    const wait = (_, signal) => new Promise((resolve) => {
      signals.push(signal);
      signal.addEventListener("abort", () => resolve());
      if (signal.aborted || signals.length === 1) resolve();
    });
    let abort;
    let polls = 0;
    const answer = (path) => {
      if (path === "/device") return json(prompt);
      if (++polls === 1) abort.abort(); // while somebody is asked
      return pending();
    };
    const connection = await connect(t, DEVICE, answer, { host: { wait } });
    for (const when of ["while asked", "between two questions", "disposed of"]) {
      abort = new AbortController();
      const { completed } = await connection.device({ signal: abort.signal });
      const code = codeOf(completed);
      await settled();
      const waiting = signals.at(-1);
      assert.equal(waiting.aborted, when === "while asked", when);
      if (when === "between two questions") abort.abort();
      if (when === "disposed of") connection.dispose();
      assert.equal(waiting.aborted, true, when);
      assert.equal(await code, when === "disposed of" ? "disposed" : "aborted");
      await settled();
    }
    assert.deepEqual([polls, signals.length], [1, 4], "nor is there another question");
  });

  test("holds no process up that has given it up", async () => {
    const program = `
      import { createConnection } from "portcullis/connect";
      const abort = new AbortController();
      const connection = await createConnection(${JSON.stringify(DEVICE)}, { host: { fetch: async () => Response.json(${JSON.stringify({ ...prompt, interval: 600 })}) } });
      const signIn = await connection.device({ signal: abort.signal });
      setImmediate(() => abort.abort());
      await signIn.completed.catch(({ code }) => console.log(code));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { timeout: 60_000 });
    assert.equal(stdout.trim(), "aborted");
  });

  test("is not asked about at once where the wait is longer than a timer can be", async (t) => {
    const timers = t.mock.method(globalThis, "setTimeout", () => {});
    const connection = await connect(t, DEVICE, (path) => (path === "/device" ? json({ ...prompt, expires_in: 4e9, interval: 3e6 }) : pending()), {});
    await connection.device();
    await settled();
    const longest = Math.max(...timers.mock.calls.map((call) => call.arguments[1]));
    assert.equal(longest, 2 ** 31 - 1);
  });
});

describe("given up in the middle", () => {
  test("a token that is being renewed is gone with the one that comes", async (t) => {
    let now = 1000;
    let renew;
    const revoked = [];
    let issued = 0;
    const connection = await connect(t, { ...MACHINE, grant: "described", revocationUrl: "https://id.test/revoke" }, async (path, body) => {
      if (path === "/revoke") return revoked.push(body.get("token")), json({});
      if (++issued === 2) await new Promise((resolve) => (renew = resolve));
      return json({ access_token: `t${issued}`, refresh_token: `r${issued}`, expires_in: 3600 });
    }, { host: { now: () => now } });
    await connection.getAccessToken();
    now += 3600;
    const renewal = connection.getAccessToken();
    await settled();
    const given = connection.revoke();
    await settled();
    renew();
    await Promise.all([renewal, given]);
    assert.deepEqual(revoked, ["r2"]);
    assert.equal(await connection.getAccessToken(), "t3");
  });

  test("an answer that says no is not read, and lets go of its socket", async (t) => {
    let cancelled = 0;
    let calls = 0;
    const connection = await connect(t, MACHINE, (path) => {
      if (path === "/token") return json({ access_token: `t${calls}` });
      if (calls++) return new Response("orders");
      return new Response(new ReadableStream({ cancel: () => void cancelled++ }), { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } });
    });
    assert.equal(await (await connection.fetch("https://api.test/orders")).text(), "orders");
    assert.equal(cancelled, 1);
    calls = 0;
    const tokens = ["t", undefined];
    const refused = await connect(t, MACHINE, (path) => {
      if (path === "/token") return json({ access_token: tokens.shift() });
      return new Response(new ReadableStream({ cancel: () => void cancelled++ }), { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } });
    });
    assert.equal(await codeOf(refused.fetch("https://api.test/orders")), "token_invalid");
    assert.equal(cancelled, 2, "nor is one that no other token can be had after");
  });

  test("an instance that stops ends its calls, and no server", async (t) => {
    let isBroken = false;
    const now = () => {
      if (isBroken) throw new Error("no clock");
      return 1;
    };
    const uncaught = [];
    const { queueMicrotask: queue } = globalThis;
    t.mock.method(globalThis, "queueMicrotask", (task) => queue(() => {
      try {
        task();
      } catch (error) {
        uncaught.push(error);
      }
    }));
    const answer = () => json({ access_token: "t", expires_in: 60 });
    const [broken, beside] = [await connect(t, MACHINE, answer, { host: { now } }), await connect(t, MACHINE, answer)];
    isBroken = true;
    assert.equal(await codeOf(broken.getAccessToken()), "internal");
    assert.equal(await codeOf(beside.getAccessToken()), "ok");
    assert.deepEqual(uncaught, []);
  });
});

describe("a gate", () => {
  test("has no function's source for a password", async () => {
    for (const password of [() => "s", 7, {}, ""]) {
      const handle = createGateHandler({ user: "u", password, isAuthorised: () => true });
      const authorization = `Basic ${btoa(`u:${password}`)}`;
      assert.equal(await codeOf(handle(new Request("https://gate.test/authorize?email=a@b", { headers: { authorization } }))), "config_invalid");
    }
  });

  test("takes no address that is too long, also where it would be one when cut", async () => {
    const gate = await createGate({ baseUrl: "https://gate.test" }, { user: "u", password: "p", host: { fetch: async () => json({}) } });
    assert.equal(await codeOf(gate.check(`a@b${"c".repeat(1 << 20)}`)), "config_invalid");
  });
});
