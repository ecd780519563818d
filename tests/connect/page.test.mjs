/** Connections in Chromium: somebody lets a page in, without a secret; and users who sign in at a case manager. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { serveFiles } from "../../scripts/demo/files.mjs";
import { listen } from "../../scripts/demo/listen.mjs";
import { sharedBrowser, signIn, world as portalWorld } from "../e2e/support.mjs";
import { preset, world } from "./support.mjs";

/** A page that may do what the package promises to work under, and reach the systems. */
async function startPage(t, systems, scripts = "'self' 'wasm-unsafe-eval'") {
  const pages = serveFiles("/", ["tests/connect/app"]);
  const library = serveFiles("/portcullis/", ["pkg/dist"]);
  const server = await listen(0);
  t.after(() => server.close());
  server.answerWith((request, response) => {
    const { pathname } = new URL(request.url, server.origin);
    response.setHeader("content-security-policy", `default-src 'none'; script-src ${scripts}; connect-src 'self' ${Object.values(systems).join(" ")}; img-src data:`);
    if (pathname.startsWith("/portcullis/")) return library(request, response);
    if (!["/main.js", "/worker.js"].includes(pathname)) request.url = "/index.html";
    return pages(request, response);
  });
  return server;
}

/** The preset of orders for a public client: no secret is left in it. */
async function publicOrders(origin, baseUrl) {
  const { connection } = await preset("iman");
  const withoutSecret = (fields) => fields.filter(({ name }) => name !== "client_secret");
  return {
    ...connection,
    clientId: "page",
    redirectUri: `${origin}/authorised`,
    values: { base_url: baseUrl },
    tokenRequest: withoutSecret(connection.tokenRequest),
    refreshRequest: withoutSecret(connection.refreshRequest),
  };
}

async function open(t, origin, settings, flags = []) {
  const context = await (await sharedBrowser(flags)).newContext();
  t.after(() => context.close());
  await context.addInitScript((all) => (globalThis.settings = all), settings);
  const page = await context.newPage();
  await page.goto(origin);
  assert.equal(await page.evaluate(() => opened), "ok");
  return page;
}

for (const [how, scripts] of [["WebAssembly", "'self' 'wasm-unsafe-eval'"], ["a policy that forbids WebAssembly", "'self'"]]) {
  test(`a page without a secret: a code with PKCE, in a popup, then an API call; ${how}`, async (t) => {
    const { systems, baseUrls } = await world(t);
    const server = await startPage(t, baseUrls, scripts);
    const data = await publicOrders(server.origin, baseUrls.iman);
    const page = await open(t, server.origin, { data });
    systems.iman.state.consent = "ask";
    const opening = page.waitForEvent("popup");
    await page.click("button");
    const popup = await opening;
    await popup.click("#allow");
    assert.equal(await page.evaluate(() => authorised), "ok");
    const orders = await page.evaluate((url) => connection.fetch(url).then((answer) => answer.json()), `${baseUrls.iman}/orders`);
    assert.deepEqual(orders, { orders: [{ number: 24, item: "variable cards" }] });
    const token = systems.iman.requests.find(({ method, path }) => method === "POST" && path === "/token");
    const fields = JSON.parse(token.body);
    assert.ok(fields.code_verifier.length >= 43 && !("client_secret" in fields));
    const everything = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, connection.trace()]));
    for (const secret of [fields.code, fields.code_verifier]) assert.ok(!everything.includes(secret));
  });
}

test("somebody who says no is heard", async (t) => {
  const { systems, baseUrls } = await world(t);
  const server = await startPage(t, baseUrls);
  const page = await open(t, server.origin, { data: await publicOrders(server.origin, baseUrls.iman) });
  systems.iman.state.consent = "deny";
  await page.click("button");
  assert.equal(await page.evaluate(() => authorised), "access_denied");
});

test("a secret in a page is refused, unless that is said to be dangerous", async (t) => {
  const { baseUrls, secrets } = await world(t);
  const server = await startPage(t, baseUrls);
  const page = await open(t, server.origin, { data: await publicOrders(server.origin, baseUrls.iman) });
  const warnings = [];
  page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
  const { connection } = await preset("case-manager");
  const create = (options) => page.evaluate(([data, options]) => create(data, options), [
    { ...connection, values: { base_url: baseUrls["case-manager"] } }, { secrets: secrets["case-manager"], ...options },
  ]);
  assert.match(await create({}), /^config_invalid .*\(secrets\)/);
  assert.deepEqual(warnings, []);
  assert.equal(await create({ dangerouslyAllowSecretsInPage: true }), "ok");
  assert.match(warnings[0], /dangerouslyAllowSecretsInPage/);
});

test("a secret in a page's worker is refused as well", async (t) => {
  const { baseUrls, secrets } = await world(t);
  const server = await startPage(t, baseUrls);
  const page = await open(t, server.origin, { data: await publicOrders(server.origin, baseUrls.iman) });
  const { connection } = await preset("case-manager");
  const create = (options) => page.evaluate((asked) => new Promise((resolve) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(asked);
  }), [{ ...connection, values: { base_url: baseUrls["case-manager"] } }, options]);
  assert.match(await create({ secrets: secrets["case-manager"] }), /^config_invalid .*\(secrets\)/);
  assert.equal(await create({}), "ok");
});

test("case manager, end users: discovery, code flow, and the pair that tells users apart", async (t) => {
  const { signIn: options } = await preset("case-manager");
  const { op, open, profile } = await portalWorld(t);
  const pairs = [];
  for (let i = 0; i < 2; i++) {
    const context = await profile({ ...options, issuer: op.issuer, clientId: op.clientId });
    const { value } = await signIn(await open(context));
    pairs.push([value.user.iss, value.user.sub]);
  }
  assert.equal(pairs[0][0], op.issuer);
  assert.ok(pairs[0][1]);
  assert.deepEqual(pairs[0], pairs[1]);
});
