/** The way of a sign-in in WebKit, the engine of Safari. */
import assert from "node:assert/strict";
import { after, describe, it, test } from "node:test";

import { launchWebKit } from "../support/webkit.mjs";
import { calls, world } from "./support.mjs";

const browser = await launchWebKit();
const skip = browser.missing ?? false;

// a suite that is skipped counts as nothing
(skip ? test : describe)("WebKit", { skip }, () => {
  after(() => browser.close());

  /** A provider, a portal, and a profile in which `open` gives pages with a client of these options. */
  async function profile(t, settings, options) {
    const { op, portal, optionsOf } = await world(t, options);
    const { open, opened, close } = await browser.newProfile();
    t.after(close);
    const all = optionsOf({ apiOrigins: [op.issuer], ...settings });
    /** Starts the portal in a page, whose button takes `options`: a driver has nothing that runs before a page's own script. */
    const start = (page, options = {}) => page.evaluate(async (all, options) => {
      globalThis.settings = all;
      await import("/main.js?with-settings");
      await opened;
      document.body.append(Object.assign(document.createElement("button"), { onclick: () => void (globalThis.entered = outcome(auth.login(options))) }));
    }, all, options);
    const visit = async (page, path, options) => {
      await page.goto(portal.origin + path);
      await start(page, options);
    };
    const signIn = async (page) => {
      await page.click("button");
      await page.waitFor((path) => location.pathname === path && document.readyState === "complete", "/cb");
      await start(page);
      const { value, code } = await page.evaluate(() => finished);
      assert.equal(value?.user.sub, "alice", code);
      return value;
    };
    return {
      op,
      portal,
      visit,
      start,
      signIn,
      opened,
      async open(path = "/", options = {}) {
        const page = await open();
        await visit(page, path, options);
        return page;
      },
    };
  }

  const status = (page) => page.evaluate(() => auth.state.status);
  const token = (page, options = {}) => page.evaluate((options) => auth.getAccessToken(options), options);

  for (const persist of ["memory", "tab", "device"]) {
    it(`goes through a whole life: ${persist}`, async (t) => {
      const { op, portal, open, visit, signIn } = await profile(t, { persist });
      const page = await open("/reports?of=may#top");
      assert.equal((await signIn(page)).returnTo, "/reports?of=may#top");
      assert.equal(await page.url(), `${portal.origin}/cb`);
      const me = await page.evaluate((url) => auth.fetch(url).then((response) => response.json()), `${op.api}/me`);
      assert.equal(me.sub, "alice");
      const before = await token(page);
      assert.notEqual(await token(page, { forceRefresh: true }), before);

      await visit(page, "/");
      const isKept = persist !== "memory";
      assert.equal(await status(page), isKept ? "signed-in" : "signed-out");
      if (!isKept) await signIn(page);
      await page.evaluate(() => void auth.logout());
      await page.waitFor(() => location.pathname === "/" && !globalThis.auth && document.readyState === "complete");
      assert.equal(op.count("/session/end"), 1);
      await visit(page, "/");
      assert.equal(await status(page), "signed-out");
    });
  }

  it("finds the session again when the callback page is reloaded", async (t) => {
    const { op, open, visit, signIn } = await profile(t, { persist: "tab" });
    const page = await open();
    await signIn(page);
    await visit(page, "/cb");
    assert.equal(await status(page), "signed-in");
    assert.equal(op.count("/token"), 1);
  });

  it("signs in through a popup, for the page that asked", async (t) => {
    const { open, opened, start } = await profile(t, { persist: "tab" });
    const page = await open("/", { mode: "popup" });
    await page.click("button");
    const popup = await opened();
    await popup.waitFor((path) => location.pathname === path && document.readyState === "complete", "/cb");
    await start(popup).catch(() => {}); // it closes itself once it has handed over
    const { value, code } = await page.evaluate(() => entered);
    assert.equal(value?.user.sub, "alice", code);
    assert.equal(await status(page), "signed-in");
  });

  for (const persist of ["tab", "device"]) {
    it(`refreshes once for three tabs, and signs out of all: ${persist}`, async (t) => {
      const { op, open, signIn } = await profile(t, { persist }, { provider: { accessTokenTtl: 1 } });
      const pages = [await open()];
      await signIn(pages[0]);
      pages.push(await open(), await open());
      for (const page of pages) assert.equal(await status(page), "signed-in", "from the other tab, or from the device");
      op.accessTokenTtl = 300;
      const since = op.requests.length;
      // a driver speaks to one tab at a time: all begin before the first is done
      let goOn;
      const gone = new Promise((resolve) => (goOn = resolve));
      op.hold = (path) => (path === "/token" ? gone : undefined);
      for (const page of pages) await page.evaluate(() => void (globalThis.asked = outcome(auth.getAccessToken())));
      goOn();
      const outcomes = [];
      for (const page of pages) outcomes.push(await page.evaluate(() => asked));
      assert.ok(outcomes[0].value, outcomes[0].code);
      assert.equal(new Set(outcomes.map(({ value }) => value)).size, 1);
      assert.deepEqual(calls(op, since), ["POST /token"]);

      await pages[1].evaluate(() => auth.logout({ localOnly: true }));
      for (const page of pages) await page.waitFor(() => auth.state.status === "signed-out");
    });
  }
});
