/** What ends a request of `fetch()` to an API, and what does not. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { createConnection } from "portcullis/connect";
import { collected } from "./collected.mjs";
import { deferred } from "../wrapper/fake.mjs";

const data = { id: "c", type: "two-legged", grant: "client_credentials", clientId: "api", tokenUrl: "https://id.test/token" };

describe("a request of fetch()", { timeout: 60_000 }, () => {
  test("ends with its caller's signal, also when nobody holds anything but its body", { timeout: 10_000 }, async (t) => {
    const { connection, origin } = await atApi(t);
    const abort = new AbortController();
    const { body } = await connection.fetch(`${origin}/stream`, { signal: abort.signal });
    const reader = body.getReader();
    await reader.read();
    await collected(() => false);
    abort.abort();
    await assert.rejects(reader.read(), { name: "AbortError" });
  });

  test("ends with its caller's signal where nothing joins signals", { timeout: 10_000 }, async (t) => {
    const { any } = AbortSignal;
    t.after(() => (AbortSignal.any = any));
    AbortSignal.any = undefined;
    const { connection, origin, asked, left } = await atApi(t);
    const abort = new AbortController();
    const call = connection.fetch(`${origin}/stuck`, { signal: abort.signal });
    await asked;
    abort.abort();
    await assert.rejects(call, { name: "AbortError" });
    await left;
  });

  test("ends when its connection is disposed of", { timeout: 10_000 }, async (t) => {
    const { connection, origin, asked, left } = await atApi(t);
    const call = connection.fetch(`${origin}/stuck`);
    await asked;
    connection.dispose();
    await assert.rejects(call, { code: "disposed" });
    await left;
  });

  test("leaves a body to who has it when its connection is disposed of", { timeout: 10_000 }, async (t) => {
    const { connection, origin, finish } = await atApi(t);
    const answer = await connection.fetch(`${origin}/stream`);
    connection.dispose();
    await setImmediate();
    finish();
    assert.equal(await answer.text(), "begun, done");
  });
});

/** A connection to an API that has begun to answer at `/stream`, and at `/stuck` never does: `asked`, then `left`. */
async function atApi(t) {
  const [asked, left] = [deferred(), deferred()];
  let finish;
  const server = createServer((request, response) => {
    response.on("close", left.resolve);
    if (request.url === "/stuck") return asked.resolve();
    response.write("begun");
    finish = () => response.end(", done");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const token = async () => Response.json({ access_token: "t", expires_in: 60 });
  const either = (input, init) => (`${input.url ?? input}`.startsWith(origin) ? fetch : token)(input, init);
  const connection = await createConnection({ ...data, apiOrigins: [origin] }, { secrets: { client_secret: "s" }, host: { fetch: either } });
  t.after(() => connection.dispose());
  return { connection, origin, asked: asked.promise, left: left.promise, finish: () => finish() };
}
