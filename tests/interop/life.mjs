/** A session from its beginning to its end, as a portal has it, at a provider that is a program of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { isInstalled } from "../../scripts/lib/engines.mjs";
import { callbackUrls, keepTokenResponses, leave, visit, world } from "../e2e/support.mjs";
import { inTime } from "../support/time.mjs";
import { startEngine } from "./engine.mjs";

/** What most providers do; an engine's `expects` says where it differs. */
const USUAL = {
  /** Whether a sign-in that may ask nobody anything succeeds while the provider knows its user; undefined if it asks. */
  silent: true,
  /** The error of one when nobody is signed in there; true if somebody is all the same, undefined if it asks. */
  silentSignedOut: "login_required",
  /** Whether one in a hidden frame succeeds; else its code. */
  frame: true,
  /** Whether there are refresh tokens. */
  refreshes: true,
  /** Whether a refresh brings another access token within the same second. */
  renews: true,
  /** What a refresh token that was used twice elsewhere comes to here: the call's code and the state's status. */
  spent: ["session_expired", "signed-out"],
  /** Whether a sign-out visits the provider. */
  endsSession: true,
  /** Whether its session can be watched from another origin. */
  watched: false,
};

/** Declares the test of `engine`, or of what else it can do: with more `options`, and what it does otherwise then. Each step finds what the one before left. */
export function live(engine, options = {}, otherwise = {}) {
  // whoever has a bound refresh token has not the key
  const bound = options.dpop && { spent: [undefined, "signed-in"] };
  const expects = { ...USUAL, ...engine.expects, ...bound, ...otherwise };

  test([engine.name, ...Object.keys(options)].join(", "), async (t) => {
    if (!(await isInstalled(engine.id))) {
      return t.skip(`${engine.name} is not installed: npm run interop -- ${engine.id} installs it where that is possible.`);
    }
    const { op, open, portal, profile } = await world(t, { frames: true, start: (origin) => startEngine(engine, origin) });
    const provider = new URL(op.issuer).origin;
    const metadata = await (await fetch(`${op.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)).json();
    const scope = engine.scope ?? "openid profile email offline_access";
    const context = await profile({ scope, apiOrigins: [provider], ...engine.options, ...options });
    // some of their pages fetch styles from elsewhere
    await context.route(({ hostname }) => !/^127\.0\.0\.1$|^(.*\.)?localhost$/.test(hostname), (route) => route.abort());
    const sent = [];
    const proven = new Set();
    context.on("request", (request) => {
      const isAsset = !["document", "fetch"].includes(request.resourceType()) || request.method() === "OPTIONS";
      if (request.headers().dpop) proven.add(request.url().split("?")[0]);
      const isPortals = request.frame().url().startsWith(portal.origin);
      if (request.url().startsWith(provider) && !isAsset && isPortals) sent.push(`${request.method()} ${request.url().split("?")[0]}`);
    });
    const tokenRequest = `POST ${metadata.token_endpoint}`;

    const page = await open(context);
    const callbacks = callbackUrls(page);
    const status = () => page.evaluate(() => auth.state.status);
    const home = () => visit(page, `${portal.origin}/`);

    /** Signs in, as a person or unseen; what the callback page made of it. */
    const enter = async (options = {}) => {
      await leave(page, (options) => void auth.login(options), { returnTo: "/", ...options });
      if (options.prompt !== "none") await engine.signIn?.(page);
      await inTime(page.waitForURL((url) => url.origin === portal.origin && url.pathname === "/cb"), "the way back", 20_000);
      return page.evaluate(() => finished);
    };

    await t.test("its set-up passes every check", async () => {
      const { checks, report } = await page.evaluate(() => auth.diagnose());
      assert.deepEqual(checks.filter(({ ok }) => !ok).map(({ id }) => id), [], report);
    });

    let user;
    await t.test("a person signs in, and the callback page sends one request", async () => {
      const { value, ...failure } = await enter();
      assert.ok(value, JSON.stringify(failure));
      ({ user } = value);
      assert.deepEqual([user.iss, value.returnTo, value.replayed], [op.issuer, "/", false]);
      assert.equal(typeof user.sub, "string");
      assert.equal(sent.includes(`POST ${metadata.pushed_authorization_request_endpoint}`), options.par === true);
      assert.deepEqual(callbacks.map((url) => new URL(url).searchParams.has("response")), [options.jarm === true]);
      assert.deepEqual(sent.slice(sent.findLastIndex((request) => request.startsWith("GET")) + 1), [tokenRequest]);
      assert.equal(await status(), "signed-in");
    });

    await t.test("a reload keeps the session, and asks nobody", async () => {
      sent.length = 0;
      await home();
      assert.deepEqual([await status(), sent], ["signed-in", []]);
      assert.deepEqual(await page.evaluate(() => auth.user), user);
    });

    await t.test("userinfo is the user's, and an API's calls carry the token", async () => {
      const { value, ...failure } = await page.evaluate(() => outcome(auth.userinfo()));
      assert.equal(value?.sub, user.sub, JSON.stringify(failure));
      const answered = await page.evaluate((url) => auth.fetch(url).then(({ status }) => status), metadata.userinfo_endpoint);
      assert.equal(answered, 200);
      assert.deepEqual([...proven], options.dpop ? [metadata.token_endpoint, metadata.userinfo_endpoint] : []);
    });

    const renew = (tab) => tab.evaluate(() => outcome(auth.getAccessToken({ forceRefresh: true })));
    await t.test(expects.refreshes ? "two tabs refresh with one request" : "without a refresh token there is no refresh", async () => {
      const before = await page.evaluate(() => auth.getAccessToken());
      const sibling = await open(context);
      sent.length = 0;
      const [first, second] = await Promise.all([renew(page), renew(sibling)]);
      await sibling.close();
      if (!expects.refreshes) return assert.deepEqual([first.code, second.code, sent], ["login_required", "login_required", []]);
      assert.ok(first.value, JSON.stringify(first));
      assert.equal(second.value, first.value);
      assert.deepEqual(sent, [tokenRequest]);
      if (expects.renews) assert.notEqual(first.value, before);
      if (expects.renews) assert.equal(await page.evaluate(() => auth.userinfo().then(({ sub }) => sub)), user.sub);
    });

    if (expects.silent) {
      await t.test("a silent sign-in brings the same user back", async () => {
        const { value, ...failure } = await enter({ prompt: "none" });
        assert.equal(value?.user.sub, user.sub, JSON.stringify(failure));
        await home();
        assert.equal(await status(), "signed-in");
      });

      await t.test("and so does one in a hidden frame", async () => {
        const { value, code } = await page.evaluate(() => outcome(auth.login({ mode: "frame" })));
        assert.equal(value ? value.user.sub === user.sub : code, expects.frame);
        assert.equal(await status(), "signed-in");
      });
    }

    await t.test("a new sign-in may be asked for", async () => {
      const { value, ...failure } = await enter({ prompt: "login" });
      assert.equal(value?.user.sub, user.sub, JSON.stringify(failure));
      await home();
    });

    await t.test("a sign-out ends the session here and there", async () => {
      if (!expects.endsSession) {
        await page.evaluate(() => auth.logout());
      } else {
        await leave(page, () => void auth.logout());
        await engine.signOut?.(page);
        await inTime(page.waitForURL((url) => url.origin === portal.origin && url.pathname === "/"), "the way back", 20_000);
        await page.evaluate(() => opened.then(() => {}));
      }
      assert.equal(await status(), "signed-out");
      if (!expects.silentSignedOut) return;
      const { value, code, oauth } = await enter({ prompt: "none" });
      assert.equal(value ? true : oauth?.error ?? code, expects.silentSignedOut);
      await home();
    });

    if (expects.refreshes && expects.spent) {
      await t.test("a refresh token that somebody else used is noticed", async () => {
        await keepTokenResponses(context, new URL(metadata.token_endpoint).pathname);
        const { value, ...failure } = await enter({ prompt: "login" });
        assert.ok(value, JSON.stringify(failure));
        await page.evaluate(async (url) => {
          const [{ refresh_token }] = tokenResponses;
          for (let times = 0; times < 2; times++) {
            const body = new URLSearchParams({ grant_type: "refresh_token", client_id: settings.clientId, refresh_token });
            await (await fetch(url, { method: "POST", body })).text();
          }
        }, metadata.token_endpoint);
        const { code } = await renew(page);
        assert.deepEqual([code, await status()], expects.spent);
      });
    }

    if (expects.watched) {
      await t.test("a session that ends at the provider ends here", async () => {
        const watcher = await open(await profile({ scope, monitorSession: true, persist: "memory", ...engine.options, ...options }));
        await leave(watcher, () => void auth.login({ returnTo: "/" }));
        await engine.signIn(watcher);
        await watcher.waitForURL((url) => url.origin === portal.origin && url.pathname === "/cb");
        await watcher.evaluate(() => finished);
        const ended = watcher.evaluate(() => new Promise((resolve) => auth.on("signed-out", resolve)));
        await watcher.context().clearCookies();
        assert.deepEqual(await inTime(ended, "the end of the session", 30_000), { reason: "provider" });
      });
    }

    await t.test("and a popup leaves the page where it is", async () => {
      await home();
      await page.evaluate(() => document.body.append(Object.assign(document.createElement("button"), {
        id: "popup",
        onclick: () => (globalThis.entered = outcome(auth.login({ mode: "popup", prompt: "login" }))),
      })));
      const [popup] = await Promise.all([page.waitForEvent("popup"), page.click("#popup")]);
      if (engine.signIn) {
        await popup.waitForURL((url) => url.protocol !== "about:");
        await engine.signIn(popup);
      }
      const { value, ...failure } = await inTime(page.evaluate(() => entered), "the popup", 20_000);
      assert.equal(value?.user.sub, user.sub, JSON.stringify(failure));
      assert.equal(new URL(page.url()).pathname, "/");
    });
  });
}
