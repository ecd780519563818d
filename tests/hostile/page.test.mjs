/** What only a browser shows: foreign frames, opaque origins, and what a script on the page can reach. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { meet } from "./harness.mjs";

/** The settings of a client in a frame, where `main.js` looks for them. */
const named = (op) => JSON.stringify({ issuer: op.issuer, clientId: op.clientId, redirectUri: op.returns.signIn }).replaceAll('"', "&quot;");

/** A page of the provider's in place of the way back, with the callback in a frame of it. */
const framing = (attributes = "") => ({
  wire: {
    authorize: ({ headers }, op) => ({
      status: 200,
      headers: { ...headers, "content-type": "text/html" },
      body: `<iframe ${attributes} name="${named(op)}" src="${headers.location}"></iframe>`,
    }),
  },
});

/** Leaves for the provider, which stays; what the callback in its frame came to. */
async function signInFramed({ page, op }) {
  await page.evaluate(() => void auth.login().catch(() => {}));
  await page.waitForURL(op.endpoints.authorize + "**");
  const [, frame] = page.frames();
  await frame.waitForLoadState();
  return frame.evaluate(() => finished);
}

test("a callback in a stranger's frame is refused, and used up", async () => {
  await meet(framing(), {}, async (visit) => {
    const { page, op, portal } = visit;
    const { code, status, events } = await signInFramed(visit);
    assert.deepEqual([code, status, events], ["callback_context", "signed-out", []]);
    assert.equal(await page.frames()[1].evaluate(() => location.search), "", "the response is out of the address");
    // nor can anybody redeem it afterwards
    const url = op.callback;
    assert.match(url, /code=/);
    await page.goto(url);
    assert.equal(await page.evaluate(() => finished.then(({ code }) => code)), "callback_state_unknown");
    assert.deepEqual(op.sequence, ["discovery", "jwks", "authorize"]);
    assert.equal(new URL(page.url()).origin, portal.origin);
  });
});

test("nor is it heard in a stranger's frame that a page of the portal's own has", async () => {
  await meet(framing(), {}, async ({ page, op }) => {
    // the portal stays where it is, and has what it would have gone to in a frame
    const authorize = `${op.endpoints.authorize}**`;
    const stay = (route) => (route.request().frame() === page.mainFrame() ? route.fulfill({ status: 204 }) : route.continue());
    await page.route(authorize, stay);
    const leaving = page.waitForResponse(authorize);
    await page.evaluate(() => void auth.login().catch(() => {}));
    await page.evaluate((url) => {
      const frame = Object.assign(document.createElement("iframe"), { src: url });
      return new Promise((loaded) => {
        frame.onload = loaded;
        document.body.append(frame);
      });
    }, (await leaving).url());
    await page.unroute(authorize);
    const [, stranger] = page.frames();
    assert.equal(new URL(stranger.url()).origin, new URL(op.issuer).origin);
    const [callback] = stranger.childFrames();
    await callback.waitForLoadState();
    const { code, status } = await callback.evaluate(() => finished);
    assert.deepEqual([code, status], ["callback_context", "signed-out"]);
  });
});

test("a page without an origin of its own has no storage, and begins nothing", async () => {
  await meet(framing('sandbox="allow-scripts"'), {}, async (visit) => {
    const { code, status, told } = await signInFramed(visit);
    assert.deepEqual([code, status], ["storage_unavailable", "signed-out"]);
    assert.deepEqual([...new Set(told)], ["storage_unavailable"]);
    const [, frame] = visit.page.frames();
    const login = await frame.evaluate(() => auth.login().catch(({ code }) => code));
    assert.equal(login, "storage_unavailable");
    assert.deepEqual(visit.op.sequence.filter((name) => name === "authorize" || name === "token"), ["authorize"]);
  });
});

test("no token can be reached from the page but through its own call", async () => {
  await meet("none", { settings: { persist: "memory" } }, async (visit) => {
    const { page, op } = visit;
    const { code } = await visit.signIn();
    assert.equal(code, undefined);
    const seen = await page.evaluate(() => {
      const frame = document.body.appendChild(document.createElement("iframe"));
      const natives = new Set([...Reflect.ownKeys(frame.contentWindow), ...Object.keys(frame.contentWindow)]);
      frame.remove();
      const added = Reflect.ownKeys(globalThis).filter((name) => !natives.has(name) && !/^\d+$/.test(String(name)));
      return {
        added: added.map(String),
        reached: spell(auth),
        page: document.documentElement.outerHTML,
        stored: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
      };
    });
    const own = ["start", "observe", "spell", "auth", "events", "finished"]; // of this test's page
    assert.deepEqual(seen.added.filter((name) => !own.includes(name) && !name.startsWith("__playwright")), []);
    const tokens = op.secrets.filter(([name]) => / token$/i.test(name));
    assert.equal(tokens.length, 4);
    for (const [name, secret] of tokens) {
      for (const [place, text] of Object.entries(seen)) assert.ok(!String(text).includes(secret), `the ${name} is in: ${place}`);
    }
    const given = await page.evaluate(() => auth.getAccessToken());
    assert.ok(op.secrets.some(([name, secret]) => name === "access token" && secret === given));
  });
});
