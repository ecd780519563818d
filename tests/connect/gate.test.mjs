/** The e-mail gate's other sides: the service, and the page's way there through the portal's back end. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createGate, createGateHandler, createGateRelay, createPageGate } from "portcullis/connect";
import { askGate } from "../../scripts/demo/gate.mjs";
import { listen } from "../../scripts/demo/listen.mjs";
import { codeOf } from "./support.mjs";

const credentials = { user: "portal", password: "open: sésame" };
const members = ["ada@example.org"];
const isAuthorised = async (email) => {
  if (email === "trouble@example.org") throw new Error("the database is gone");
  return members.includes(email);
};
const handler = createGateHandler({ ...credentials, isAuthorised });
const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const ask = (path, { method = "GET", authorization = basic("portal", "open: sésame"), handle = handler, context } = {}) =>
  handle(new Request(`https://gate.example${path}`, { method, headers: authorization ? { authorization } : {} }), context);

test("the service answers as it is described", async () => {
  for (const [path, options, status, body] of [
    ["/authorize?email=ada%40example.org", {}, 200, { email: "ada@example.org", authorised: true }],
    ["/authorize?email=eve%40example.org", {}, 200, { email: "eve@example.org", authorised: false }],
    ["/authorize?email=trouble%40example.org", {}, 503],
    ["/authorize", {}, 400],
    ["/authorize?email=", {}, 400],
    ["/authorize?email=a%40b&email=c%40d", {}, 400],
    ["/authorize?email=ada%40example.org", { method: "POST" }, 405],
    ["/elsewhere", {}, 404],
    ["/authorize?email=ada%40example.org", { authorization: "" }, 401],
    ["/authorize?email=ada%40example.org", { authorization: basic("portal", "wrong") }, 401],
    ["/authorize?email=ada%40example.org", { authorization: basic("other", "open: sésame") }, 401],
  ]) {
    const answer = await ask(path, options);
    assert.equal(answer.status, status, path);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.match(answer.headers.get("content-type"), /^application\/json/);
    const told = await answer.json();
    if (body) assert.deepEqual(told, body);
    else assert.deepEqual(Object.keys(told).sort(), ["error", "error_message"]);
    assert.ok(!JSON.stringify(told).includes("database"));
    if (status === 401) assert.match(answer.headers.get("www-authenticate"), /^Basic realm=/);
    if (status === 405) assert.equal(answer.headers.get("allow"), "GET");
  }
});

test("only a yes that is one is told as such", async () => {
  for (const odd of ["yes", 1, {}, undefined, null]) {
    const handle = createGateHandler({ ...credentials, isAuthorised: () => odd });
    assert.equal((await (await ask("/authorize?email=a%40b", { handle })).json()).authorised, false);
  }
});

test("addresses that are not listed are refused, and so is one that nobody knows", async () => {
  const handle = createGateHandler({ ...credentials, isAuthorised, allowedAddresses: ["10.0.0.0/8", "::1"] });
  const status = async (context) => (await ask("/authorize?email=ada%40example.org", { handle, context })).status;
  assert.equal(await status({ address: "10.1.2.3" }), 200);
  assert.equal(await status({ address: "::1" }), 200);
  assert.equal(await status({ address: "192.0.2.1" }), 403);
  assert.equal(await status(), 403);
});

test("options that are wrong are named", async () => {
  for (const [options, name] of [[{ user: "a:b" }, "user"], [{ user: "" }, "user"], [{ password: "" }, "password"], [{ allowedAddresses: ["x"] }, "allowedAddresses"]]) {
    const handle = createGateHandler({ ...credentials, isAuthorised, ...options });
    await assert.rejects(ask("/authorize?email=a%40b", { handle }), (error) => error.code === "config_invalid" && error.message.includes(`(${name})`));
  }
});

test("client and service understand each other", async () => {
  const gate = await createGate({ baseUrl: "https://gate.example" }, { ...credentials, host: { fetch: (input, init) => handler(new Request(input, init)) } });
  assert.deepEqual(await gate.check("ada@example.org"), { authorised: true, reason: "authorised" });
  assert.deepEqual(await gate.check("eve@example.org"), { authorised: false, reason: "refused" });
  assert.deepEqual(await gate.check("trouble@example.org"), { authorised: false, reason: "unclear", message: "try again later" });
});

test("a page asks through the portal's back end, about its own user alone", async (t) => {
  const gate = await createGate({ baseUrl: "https://gate.example" }, { ...credentials, host: { fetch: (input, init) => handler(new Request(input, init)) } });
  let user = "ada@example.org";
  const relay = createGateRelay({ gate, email: async (request) => (request.headers.get("authorization") === "Bearer t" ? user : undefined) });
  let bearer = "t";
  globalThis.location = new URL("https://portal.example/start");
  t.after(() => delete globalThis.location);
  const page = createPageGate({ url: "/api/gate", fetch: (input, init) =>
    relay(new Request(input, { ...init, headers: { authorization: `Bearer ${bearer}` } })) });
  assert.deepEqual(await page.check("ada@example.org"), { authorised: true, reason: "authorised" });
  assert.equal((await page.check("eve@example.org")).authorised, false);
  user = "eve@example.org";
  assert.deepEqual(await page.check("eve@example.org"), { authorised: false, reason: "refused" });
  bearer = "other";
  assert.deepEqual(await page.check("ada@example.org"), { authorised: false, reason: "unclear", message: "nobody is signed in" });
  const down = createPageGate({ url: "/api/gate", fetch: async () => { throw new TypeError("down"); } });
  assert.deepEqual(await down.check("ada@example.org"), { authorised: false, reason: "unreachable" });
});

test("a page's question has the bounds of every other request", async (t) => {
  globalThis.location = new URL("https://portal.example/start");
  t.after(() => delete globalThis.location);
  const headers = { "content-type": "application/json" };
  const page = (fetch) => createPageGate({ url: "/api/gate", fetch });
  const check = (fetch) => page(fetch).check("ada@example.org");
  const stream = (pull) => async () => new Response(new ReadableStream({ pull }), { headers });
  assert.deepEqual(await check(stream((body) => body.error(new TypeError("broken off")))), { authorised: false, reason: "unreachable" });
  let sent = 0;
  const endless = (body) => (sent < 64 << 20 ? body.enqueue(new Uint8Array((sent += 1 << 16, 1 << 16)).fill(32)) : body.close());
  assert.deepEqual(await check(stream(endless)), { authorised: false, reason: "unclear" });
  assert.ok(sent < 4 << 20, `${sent} bytes read`);
  let asked;
  assert.equal((await check(async (url, init) => {
    asked = [url, init.credentials, init.redirect];
    return Response.redirect("https://elsewhere.example/", 302);
  })).reason, "unclear");
  assert.deepEqual(asked, ["https://portal.example/api/gate?email=ada%40example.org", "same-origin", "manual"]);
  assert.equal(await codeOf(page(assert.fail).check("nobody")), "config_invalid");

  const reason = new Error("no longer");
  const silent = page(() => new Promise(() => {}));
  await assert.rejects(silent.check("ada@example.org", { signal: AbortSignal.abort(reason) }), (error) => error.code === "aborted" && error.cause === reason);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const silence = silent.check("ada@example.org");
  while ((await Promise.race([silence, new Promise((go) => setImmediate(go))])) === undefined) t.mock.timers.tick(20_000);
  assert.deepEqual(await silence, { authorised: false, reason: "unreachable" });
});

test("a service that repeats what it was sent is not quoted with it", async () => {
  const gate = (said) => createGate({ baseUrl: "https://gate.example" }, { ...credentials, host: { fetch: async (input, init) => {
    const message = said(new Request(input, init).headers.get("authorization"));
    return Response.json({ error: "no", error_message: message }, { status: 401 });
  } } });
  for (const said of [(header) => header, (header) => header.slice(6), () => `not ${credentials.password}`, () => encodeURIComponent(credentials.password)]) {
    const { message } = await (await gate(said)).check("ada@example.org");
    assert.match(message, /‹redacted›/);
    for (const secret of [basic(credentials.user, credentials.password).slice(6), "sésame", "s%C3%A9same"]) assert.ok(!message.includes(secret), message);
  }
});

test("a secret that cannot be fetched is told", async () => {
  const failing = { ...credentials, password: () => { throw new Error("vault is sealed"); } };
  const gate = await createGate({ baseUrl: "https://gate.example" }, failing);
  assert.equal(await codeOf(gate.check("ada@example.org")), "config_invalid");
});

test("the playground shows no password, however short, nor the pair that is sent", async (t) => {
  const server = await listen(0);
  t.after(() => server.close());
  server.answerWith((request, response) => {
    const sent = request.headers.authorization;
    const [, password] = Buffer.from(sent.slice(6), "base64").toString().split(":");
    response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error: "no", error_message: `[${password}] ${encodeURIComponent(password)} ${sent}` }));
  });
  for (const password of ["7#", "open sésame"]) {
    const shown = JSON.stringify(await askGate({ gate: { baseUrl: server.origin }, secrets: { user: "ada", password }, email: "ada@example.org" }));
    assert.match(shown, /\[‹redacted›\] ‹redacted› Basic ‹redacted›/);
    assert.ok(!shown.includes(`[${password}`) && !shown.includes(basic("ada", password).slice(6)), shown);
  }
});
