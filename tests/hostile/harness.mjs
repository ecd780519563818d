/** One browser and one portal for everything that meets the hostile provider, and what must hold when it does. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import { serveFiles } from "../../scripts/demo/files.mjs";
import { listen } from "../../scripts/demo/listen.mjs";
import { launchBrowser } from "../support/browser.mjs";
import { defects } from "./defects.mjs";
import { startHostileProvider } from "./provider.mjs";
import { HAPPY, REFRESH } from "./sequences.mjs";

/** How long the browser may take for one step, in milliseconds. */
const PATIENCE = 20_000;
/** The same for a whole test. */
export const LIMIT = 60_000;

/** The modules there are, and the defects they meet. */
export const modules = [];
export const met = new Set();

let shared;
after(async () => {
  const { browser, portal, provider } = (await shared) ?? {};
  await browser?.close();
  await Promise.all([portal?.close(), provider?.close()]);
});

const start = async () => {
  const [browser, provider, portal] = await Promise.all([launchBrowser(), startHostileProvider(), startPortal()]);
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(portal.origin);
  return { browser, provider, portal, page };
};

/**
 * A conformance module as a test: at a provider with `defect`, all goes well (`expect: "signed-in"`),
 * or the call rejects with the code `expect`. `act` goes on from there. `settings` are the client's.
 */
export function module({ name, defect, expect, fapi, settings, act }) {
  modules.push(name);
  met.add(defect);
  test(name, { timeout: LIMIT }, async () => {
    await meet(defect, { fapi, settings }, async (visit) => {
      if (expect === "signed-in") await visit.assertSignedIn(act);
      else await visit.assertRefused({ ...defects[defect], code: expect });
    });
  });
}

/** Signs out at the provider and comes back: signed out, these events, and no sign-in begun. */
export async function assertSignedOut({ op, page }, { events }) {
  const back = page.waitForURL((url) => url.pathname === "/bye");
  await page.evaluate(() => void auth.logout());
  await back;
  const now = await page.evaluate(() => opened.then(() => observe(() => {})));
  assert.equal(now.status, "signed-out");
  assert.deepEqual(now.told, events);
  assert.deepEqual(now.after.session, {});
  assert.deepEqual(op.sequence.slice(3), ["token", "logout"]);
}

/** Loads one more page of the portal in a frame of the page, as a provider does; resolves to what `call` of its client came to. */
export async function inFrame({ page, portal }, path, call) {
  const frame = await page.evaluateHandle((src) => {
    const frame = Object.assign(document.createElement("iframe"), { src, name: window.name });
    document.body.append(frame);
    return frame;
  }, portal.origin + path);
  const inside = await frame.asElement().contentFrame();
  await inside.waitForFunction(() => globalThis.opened);
  return inside.evaluate(`opened.then(() => ${call})`);
}

/** Opens the portal at a provider with `defect`, by name or as such, for as long as `action` takes. */
export async function meet(defect, { fapi, settings } = {}, action) {
  const bent = defects[defect] ?? defect;
  assert.equal(typeof bent, "object", `no defect \`${defect}\``);
  const { provider, portal, page } = await (shared ??= start());
  const returns = { signIn: `${portal.origin}/cb`, signOut: `${portal.origin}/bye` };
  const op = provider.open(bent, returns, { fapi });
  const visit = new Visit(op, portal, page);
  const console = (message) => visit.console.push(message.text());
  const pageError = (error) => visit.console.push(String(error));
  page.on("console", console).on("pageerror", pageError);
  try {
    if (new URL(page.url()).origin !== portal.origin) await page.goto(portal.origin);
    await page.evaluate((settings) => start(settings), {
      issuer: op.issuer,
      clientId: op.clientId,
      redirectUri: returns.signIn,
      postLogoutRedirectUri: returns.signOut,
      scope: "openid profile",
      apiOrigins: provider.origins,
      ...bent.settings,
      ...settings,
    });
    await action(visit);
  } catch (error) {
    await page.goto(portal.origin); // wherever this visit got stuck, the next one begins here
    throw error;
  } finally {
    page.off("console", console).off("pageerror", pageError);
  }
}

class Visit {
  /** What the page wrote to its console. */
  console = [];

  constructor(op, portal, page) {
    Object.assign(this, { op, portal, page });
  }

  /** Leaves for the provider and comes back; what `handleCallback()` came to. */
  async signIn() {
    await this.page.evaluate(() => history.replaceState(null, "", "/"));
    const back = this.page.waitForURL((url) => url.pathname === "/cb");
    await this.page.evaluate(() => void auth.login({ returnTo: "/desk" }));
    await back;
    return this.page.evaluate(() => finished);
  }

  /** Makes the call that the answer of `stage` spoils; what it came to. */
  async provoke(stage) {
    if (["discovery", "jwks", "par"].includes(stage)) {
      return this.page.evaluate(() => observe(() => auth.login()));
    }
    const signedIn = await this.signIn();
    if (stage === "userinfo") return this.page.evaluate(() => observe(() => auth.userinfo()));
    if (stage === "api") return this.call(this.op.endpoints.api);
    if (stage === "refresh") return this.page.evaluate(() => observe(() => auth.getAccessToken({ forceRefresh: true })));
    return signedIn;
  }

  /** Calls an API with the access token; what that came to. */
  call(url, init) {
    return this.page.evaluate(([url, init]) => observe(() => auth.fetch(url, init).then((response) => response.text())), [url, init]);
  }

  /** The sign-in succeeds, and so do userinfo and whatever else there is to do. */
  async assertSignedIn(act) {
    const { op } = this;
    const { code, value, polluted } = await this.signIn();
    assert.equal(code, undefined);
    assert.equal(value.user.sub, "alice");
    assert.equal(value.user.iss, op.issuer);
    assert.equal(polluted, undefined);
    if (act) await act(this);
    else {
      const { value } = await this.page.evaluate(() => observe(() => auth.userinfo()));
      assert.equal(value?.sub, "alice");
      assert.deepEqual(op.sequence, op.defect.requests ?? HAPPY);
    }
    assert.deepEqual(op.complaints, []);
  }

  /** The call that meets the bad answer rejects with `code`, and that is all that happens. */
  async assertRefused({ code, stage, requests, keeps, pending, ends, databases = 0 }) {
    const { op, page, portal } = this;
    const outcome = await this.provoke(stage);
    const sequence = requests ?? (stage === "refresh" ? REFRESH : HAPPY.slice(0, HAPPY.indexOf(stage) + 1));
    assert.equal(outcome.code, code);
    assert.ok(outcome.isAuthError);
    await op.givenUp;
    assert.deepEqual(op.sequence, sequence, "no request follows the bad answer");

    const isLater = ["userinfo", "refresh", "api"].includes(stage);
    // no answer to a refresh ends the session but a refusal
    const lives = stage === "refresh" ? "stale" : "signed-in";
    assert.equal(outcome.status, isLater && !ends ? lives : "signed-out");
    assert.deepEqual(outcome.events, ends ? ["signed-out"] : []);
    this.#assertStored(outcome, { stage, keeps, pending, ends });
    assert.equal(outcome.databases, databases);
    assert.equal(outcome.polluted, undefined);

    assert.deepEqual(op.complaints, []);
    assert.deepEqual(op.sequence, sequence, "no request comes late");

    // whoever comes by afterwards: a diagnosis, which asks in its own order, and for nothing
    const last = await page.evaluate(async (path) => {
      await fetch(path);
      return { ...(await observe(() => auth.diagnose())), heard: events.length };
    }, `/probe${new URL(op.issuer).pathname}`);
    assert.equal(last.heard, outcome.events.length + (isLater ? 1 : 0), "no event comes late");
    assert.equal(page.url(), `${portal.origin}/${sequence.includes("authorize") ? "cb" : ""}`, "the address is clean, the page stays");
    const asked = new Set(op.sequence.slice(sequence.length));
    assert.deepEqual([...asked], ["discovery", "token", "jwks", "userinfo", "par"].filter((name) => asked.has(name)));
    this.#assertDiscreet(outcome, last, isLater);
    assert.deepEqual(op.complaints.filter((complaint) => complaint.startsWith("a cookie")), []);
  }

  /** Nothing was written but what is known of the provider, and the mark that a sign-in is used up. */
  #assertStored({ before, after }, { stage, keeps = [], pending, ends }) {
    const changed = [];
    for (const area of ["local", "session"]) {
      for (const key of new Set([...Object.keys(before[area]), ...Object.keys(after[area])])) {
        if (before[area][key] !== after[area][key]) changed.push([area, key]);
      }
    }
    const written = [];
    for (const [area, key] of changed) {
      const [, , name] = key.split(".");
      if (name === "metadata" && stage === "jwks" || keeps.includes(name)) continue;
      if (name === "outage" && stage === "refresh") continue; // since when, and until when nobody asks
      if (name === "session" && ends && !(key in after[area])) continue;
      if (name === "secret" && !(ends && key in after[area])) continue; // made once the page is idle
      const was = JSON.parse(before[area][key] ?? "{}");
      const { v, state, started_at, document } = was;
      // keys that were looked at again, and are the same
      if (name === "jwks" && isDeepStrictEqual(document, JSON.parse(after[area][key] ?? "{}").document)) continue;
      const isUsedUp = was.nonce && after[area][key] === JSON.stringify({ v, state, started_at });
      written.push(isUsedUp && !pending ? "used up" : `${area} ${key}`);
    }
    const usesUp = ["authorize", "token"].includes(stage) && !pending;
    assert.deepEqual(written, usesUp ? ["used up"] : []);
  }

  /** No secret is where anybody could find it, but in the records of a session and of a pending sign-in. */
  #assertDiscreet(outcome, last, hasSession) {
    const { op, portal, page } = this;
    const own = new Set(["nonce", "claim"]); // the signed-in page's to see, as claims of its user
    const referers = portal.referers.get(new URL(op.issuer).pathname);
    assert.equal(referers?.length, 1, "a request followed");
    const seen = {
      ...outcome.said,
      ...Object.fromEntries(Object.entries(last.said).map(([name, text]) => [`${name}, later`, text])),
      report: last.value.report,
      console: this.console.join("\n"),
      referers: [...referers, ...op.requests.map(({ referer }) => referer)].join("\n"),
      address: page.url(),
    };
    for (const { after } of [outcome, last]) {
      for (const [key, text] of Object.entries({ ...after.local, ...after.session })) {
        const [, , name] = key.split(".");
        if (name === "secret" || name === "left") {
          assert.ok(hasSession, `the ${name} of a session outlives it`);
          seen[`${key}, stored`] = text;
          continue;
        }
        const record = JSON.parse(text);
        if (name === "session" && hasSession) continue;
        if (/^\d$/.test(name)) delete record.state;
        if (/^\d$/.test(name) && record.nonce) ["nonce", "code_verifier"].forEach((secret) => delete record[secret]);
        seen[`${key}, stored`] = JSON.stringify(record);
      }
    }
    for (const [place, text] of Object.entries(seen)) {
      for (const [name, secret] of op.secrets) {
        if (hasSession && own.has(name) && /^(state|events)/.test(place)) continue;
        assert.ok(secret.length > 20 && !text.includes(secret), `the ${name} is in: ${place}`);
      }
      if (!hasSession) assert.ok(!text.includes("MARKED-"), `marked text is in: ${place}`);
    }
  }
}

/** The portal: its page everywhere, under a strict policy. Remembers the `Referer` of requests to `/probe/…`. */
async function startPortal() {
  const files = serveFiles("/", ["tests/hostile/app"]);
  const library = serveFiles("/portcullis/", ["pkg/dist"]);
  const { answerWith, ...portal } = await listen(0);
  portal.referers = new Map();
  answerWith((request, response) => {
    const { pathname } = new URL(request.url, portal.origin);
    if (pathname.startsWith("/probe/")) {
      const path = pathname.slice("/probe".length);
      portal.referers.set(path, [...(portal.referers.get(path) ?? []), request.headers.referer ?? ""]);
      return response.end();
    }
    response.setHeader("content-security-policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src *; frame-src *; img-src data:; base-uri 'none'");
    response.setHeader("access-control-allow-origin", "*"); // for frames without an origin of their own
    if (pathname.startsWith("/portcullis/")) return library(request, response);
    if (!pathname.includes(".")) request.url = "/index.html";
    return files(request, response);
  });
  return portal;
}
