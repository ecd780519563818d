/** `portcullis/slim` as it is built: from where it takes the module, and what it says of something else. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { AuthError, createAuth } from "../../pkg/dist/slim.js";

const options = { issuer: "https://op.example", clientId: "app", redirectUri: "https://app.example/cb", persist: "memory" };
const bytes = await readFile(new URL("../../pkg/dist/portcullis.wasm", import.meta.url));
const answer = (type, body = bytes, status = 200) => new Response(body, { status, headers: type ? { "content-type": type } : {} });

const opened = async (module) => {
  const auth = await createAuth(options, module);
  auth.dispose();
  return auth.state.status;
};
/** The cause of the `unsupported` that it comes to. */
const refused = (module) => opened(module).then(assert.fail, (error) => {
  assert.ok(error instanceof AuthError && error.code === "unsupported" && error.message.endsWith("(module)"), String(error));
  return String(error.cause);
});

test("bytes, an answer and a compiled module are taken, and promises of them", async () => {
  for (const module of [bytes, new Uint8Array(bytes).buffer, Promise.resolve(bytes), answer("application/wasm"), WebAssembly.compile(bytes)]) {
    assert.equal(await opened(module), "signed-out");
  }
});

test("a place is taken, as a URL or as text, and a part of a buffer", async () => {
  const place = `data:application/wasm;base64,${bytes.toString("base64")}`;
  const padded = new Uint8Array(bytes.length + 9);
  padded.set(bytes, 5);
  const views = [padded.subarray(5, -4), new DataView(padded.buffer, 5, bytes.length)];
  for (const module of [place, new URL(place), Promise.resolve(place), ...views]) assert.equal(await opened(module), "signed-out");
  assert.match(await refused("data:text/html,nothing"), /got text\/html/);
});

test("a server may call it what it likes", async () => {
  for (const type of ["application/wasm; charset=utf-8", "Application/WASM", "application/octet-stream", "text/plain;charset=utf-8", undefined]) {
    assert.equal(await opened(answer(type)), "signed-out", type);
  }
});

test("what is no module is told by what came", async () => {
  assert.match(await refused(answer("text/html", "<!doctype html>")), /got text\/html from .*, which is not WebAssembly/);
  assert.match(await refused(answer("application/wasm", bytes, 404)), /got status 404/);
  assert.match(await refused(Promise.reject(new Error("no way"))), /no way/);
  for (const module of [undefined, {}, new Uint8Array(), bytes.subarray(0, 1000), answer("application/wasm", "x")]) await refused(module);
});

test("the module of another build is refused before anything in it runs", async () => {
  const other = await readFile(new URL("../../pkg/build/verifier.wasm", import.meta.url));
  assert.match(await refused(other), /LinkError/);
});
