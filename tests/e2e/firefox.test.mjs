/** The way of a sign-in in Firefox: what engines do differently is storage, locks, channels and cryptography. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it, test } from "node:test";

import { executablePath, launchFirefox } from "../support/firefox.mjs";
import { calls, world } from "./support.mjs";

const PLAIN = "portal.test";
const MANY = 20;
const skip = executablePath ? false : "There is no Firefox on this machine; PORTCULLIS_FIREFOX is its path.";

// a suite that is skipped counts as nothing
(skip ? test : describe)("Firefox", { skip }, () => {
  let browser;
  before(async () => (browser = await launchFirefox({ hosts: [PLAIN] })));
  after(() => browser?.close());

  /** A provider, a portal, and a profile in which every page opens a client with these options. */
  async function profile(t, settings, options, engine = browser) {
    const { op, portal, optionsOf } = await world(t, options);
    const context = await engine.createBrowserContext();
    t.after(() => context.close());
    const all = optionsOf({ apiOrigins: [op.issuer], ...settings });
    const open = async (path = "/") => {
      const page = await context.newPage();
      await page.evaluateOnNewDocument((all) => void (globalThis.settings = all), all);
      await visit(page, portal.origin + path);
      return page;
    };
    return { op, portal, open };
  }

  async function visit(page, url) {
    await page.goto(url);
    await page.evaluate(() => opened.then(() => {}));
  }

  const status = (page) => page.evaluate(() => opened.then((auth) => auth.state.status));
  const becomes = (page, word) => page.waitForFunction((word) => globalThis.auth?.state.status === word, {}, word);

  async function signIn(page) {
    await page.evaluate(() => void auth.login());
    await page.waitForFunction(() => location.pathname === "/cb" && globalThis.finished);
    const { value, code } = await page.evaluate(() => finished);
    assert.equal(value?.user.sub, "alice", code);
  }

  for (const persist of ["memory", "tab", "device"]) {
    it(`goes through a whole life: ${persist}`, async (t) => {
      const { op, open, portal } = await profile(t, { persist });
      const page = await open();
      await signIn(page);
      const me = () => page.evaluate((url) => auth.fetch(url).then((response) => response.json()), `${op.api}/me`);
      assert.equal((await me()).sub, "alice");
      const token = await page.evaluate(() => auth.getAccessToken());
      await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
      assert.notEqual(await page.evaluate(() => auth.getAccessToken()), token);

      await visit(page, `${portal.origin}/`);
      const isKept = persist !== "memory";
      assert.equal(await status(page), isKept ? "signed-in" : "signed-out");
      if (!isKept) await signIn(page);
      await page.evaluate(() => void (globalThis.leaving = auth.logout())); // which is signed out before it is left
      await page.waitForFunction(() => location.pathname === "/" && !globalThis.leaving && globalThis.auth?.state.status === "signed-out");
      assert.equal(op.count("/session/end"), 1);
    });
  }

  it("pushes its request, and binds tokens to a key that it keeps to itself", async (t) => {
    const provider = {
      client: { dpop_bound_access_tokens: true },
      features: {
        dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      },
    };
    const { op, open, portal } = await profile(t, { par: true, dpop: true }, { provider });
    op.apiNonce = "first";
    const page = await open();
    await signIn(page);
    const me = () => page.evaluate((url) => outcome(auth.fetch(url).then((response) => response.status)), `${op.api}/me`);
    assert.deepEqual(await me(), { value: 200 });
    await visit(page, `${portal.origin}/`);
    assert.deepEqual(await me(), { value: 200 }, "with the key of the page before");
    await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
    assert.deepEqual(await me(), { value: 200 });
    const isExtractable = await page.evaluate(() => new Promise((resolve) => {
      const opening = indexedDB.open("portcullis");
      opening.onsuccess = () => {
        const getting = opening.result.transaction("keys").objectStore("keys").getAll();
        getting.onsuccess = () => resolve(getting.result.map(({ privateKey }) => privateKey.extractable));
      };
    }));
    assert.deepEqual(isExtractable, [false]);
  });

  it("takes the response that the provider signs", async (t) => {
    const { op, open, portal } = await profile(t, { jarm: true }, { provider: { features: { jwtResponseModes: { enabled: true } } } });
    const page = await open();
    const urls = [];
    page.on("request", (request) => request.url().startsWith(`${portal.origin}/cb?`) && urls.push(request.url()));
    await signIn(page);
    assert.deepEqual(urls.map((url) => [...new URL(url).searchParams.keys()]), [["response"]]);
    assert.equal(page.url(), `${portal.origin}/cb`);
    assert.equal(op.count("/token"), 1);
    await visit(page, `${portal.origin}/`);
    assert.equal(await status(page), "signed-in");
  });

  it("finds the session again when the callback page is reloaded or gone back to", async (t) => {
    const { op, open, portal } = await profile(t, { persist: "tab" });
    const page = await open();
    await signIn(page);
    await page.reload();
    assert.equal(await status(page), "signed-in");
    await visit(page, `${portal.origin}/reports`);
    await page.evaluate(() => void history.back()); // into a page that was kept as it was, or loaded anew
    await page.waitForFunction(() => location.pathname === "/cb");
    assert.equal(await status(page), "signed-in");
    assert.equal(op.count("/token"), 1);
  });

  it(`wakes ${MANY} tabs with one refresh`, async (t) => {
    const { op, open } = await profile(t, { persist: "device" }, { provider: { accessTokenTtl: 1 } });
    const pages = [await open()];
    await signIn(pages[0]);
    while (pages.length < MANY) pages.push(await open());
    op.accessTokenTtl = 300;
    const since = op.requests.length;
    const got = await Promise.all(pages.map((page) => page.evaluate(async () => {
      const { value, code } = await outcome(auth.getAccessToken());
      return { value, code, at: performance.timeOrigin + performance.now() };
    })));
    assert.deepEqual(calls(op, since), ["POST /token"]);
    assert.equal(new Set(got.map(({ value }) => value)).size, 1);
    assert.ok(got[0].value, got[0].code);
    const slowest = Math.max(...got.map(({ at }) => at)) - op.requests.at(-1).answeredAt;
    t.diagnostic(`${MANY} tabs, 1 refresh; the slowest had its token ${Math.round(slowest)} ms after the answer`);
    for (const page of pages) assert.equal(await status(page), "signed-in");
  });

  for (const persist of ["tab", "device"]) {
    it(`refreshes once for two tabs, and signs out of both: ${persist}`, async (t) => {
      const { op, open } = await profile(t, { persist }, { provider: { accessTokenTtl: 1 } });
      const first = await open();
      await signIn(first);
      const second = await open();
      assert.equal(await status(second), "signed-in", "from the other tab, or from the device");
      op.accessTokenTtl = 300;
      const since = op.requests.length;
      const ask = (page) => page.evaluate(() => outcome(auth.getAccessToken()));
      const [one, other] = await Promise.all([first, second].map(ask));
      assert.ok(one.value, one.code);
      assert.equal(one.value, other.value);
      assert.deepEqual(calls(op, since), ["POST /token"]);

      await second.evaluate(() => auth.logout({ localOnly: true }));
      await becomes(first, "signed-out");
      assert.equal((await ask(first)).code, "login_required");
    });
  }

  it("opens a client where site data is blocked, and says so", async (t) => {
    const blocking = await launchFirefox({ preferences: { "network.cookie.cookieBehavior": 2 } });
    t.after(() => blocking.close());
    const { open } = await profile(t, { persist: "tab" }, {}, blocking);
    const page = await open();
    const has = await page.evaluate(() => {
      try {
        return !!new BroadcastChannel("any");
      } catch ({ name }) {
        return name;
      }
    });
    assert.equal(has, "SecurityError");
    assert.equal(await status(page), "signed-out");
    const problem = await page.evaluate(() => new Promise((resolve) => auth.on("problem", ({ error }) => resolve(error.code))));
    assert.equal(problem, "storage_unavailable");
    assert.equal(await page.evaluate(() => outcome(auth.login()).then(({ code }) => code)), "storage_unavailable");
  });

  it("signs in over plain http, where there are neither locks nor WebCrypto", async (t) => {
    const { op, open, portal } = await profile(t, { persist: "tab", dangerouslyAllowInsecureContext: true }, { host: PLAIN });
    const page = await open();
    const has = await page.evaluate(() => [isSecureContext, typeof crypto.subtle, typeof navigator.locks]);
    assert.deepEqual(has, [false, "undefined", "undefined"]);
    await signIn(page);
    await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
    await visit(page, `${portal.origin}/`);
    assert.equal(await status(page), "signed-in");
    assert.equal(op.count("/token"), 2);
  });
});
