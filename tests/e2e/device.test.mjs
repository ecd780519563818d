/** What is kept on the device: sealed, and what becomes of it when somebody meddles with it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { keepTokenResponses, signIn, visit, world } from "./support.mjs";

const status = (page) => page.evaluate(() => auth.state.status);
const reload = (page) => visit(page, `${new URL(page.url()).origin}/`);

/** A page whose user is signed in on the device. */
async function signedIn(t, options) {
  const { op, open, profile } = await world(t, options);
  const context = await profile({ persist: "device" });
  await keepTokenResponses(context);
  // what is reported while a page opens
  await context.addInitScript(() => {
    globalThis.problems = async () => {
      const codes = [];
      (await opened).on("problem", ({ error }) => codes.push(error.code));
      return codes;
    };
  });
  const page = await open(context);
  await signIn(page);
  return { op, context, open, page };
}

const keptSession = (page) => page.evaluate(() => {
  const key = Object.keys(localStorage).find((name) => name.endsWith(".session"));
  return { key, text: key && localStorage.getItem(key) };
});

test("no token is on the device in the clear", async (t) => {
  const { page } = await signedIn(t);
  const seen = await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]));
  const tokens = await page.evaluate(() => tokenResponses[0]);
  for (const name of ["access_token", "refresh_token", "id_token"]) {
    assert.ok(tokens[name].length > 20);
    assert.ok(!seen.includes(tokens[name]), name);
  }
  assert.match((await keptSession(page)).text, /^sealed\.[A-Za-z0-9+/]+=*$/);
});

test("the key cannot be exported, and seals nothing twice alike", async (t) => {
  const { page } = await signedIn(t);
  const key = await page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open("portcullis");
    opening.onsuccess = () => {
      const getting = opening.result.transaction("keys").objectStore("keys").getAll();
      getting.onsuccess = async () => {
        const [key, ...more] = getting.result;
        const exported = await crypto.subtle.exportKey("raw", key).then(() => true, ({ name }) => name);
        opening.result.close();
        resolve({ more: more.length, extractable: key.extractable, algorithm: key.algorithm.name, exported });
      };
    };
  }));
  assert.deepEqual(key, { more: 0, extractable: false, algorithm: "AES-GCM", exported: "InvalidAccessError" });
  const before = (await keptSession(page)).text;
  await page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  const after = (await keptSession(page)).text;
  assert.notEqual(after.slice(0, 23), before.slice(0, 23));
});

test("a session that was tampered with, or sealed for another record, is removed and reported", async (t) => {
  for (const spoil of [
    (text) => text.slice(0, -6) + (text.at(-6) === "A" ? "B" : "A") + text.slice(-5),
    (text) => text.slice(0, 40),
    () => "sealed.!",
    () => "sealed.",
  ]) {
    const { page } = await signedIn(t);
    const { key, text } = await keptSession(page);
    await page.evaluate(([key, text]) => localStorage.setItem(key, text), [key, spoil(text)]);
    await reload(page);
    assert.equal(await status(page), "signed-out", spoil);
    assert.deepEqual(await page.evaluate(() => problems()), ["storage_corrupt"]);
    assert.equal((await keptSession(page)).key, undefined);
  }
});

test("what is sealed for one client opens for no other", async (t) => {
  const { page, context, open } = await signedIn(t);
  const { key: own, text } = await keptSession(page);
  await context.addInitScript(() => (settings.name = "another"));
  const other = await open(context);
  await signIn(other);
  // in its own page, since what another writes takes a moment to be seen there
  const key = await other.evaluate((own) => Object.keys(localStorage)
    .find((name) => name.endsWith(".session") && name !== own), own);
  await other.evaluate(([key, text]) => localStorage.setItem(key, text), [key, text]);
  await reload(other);
  assert.equal(await status(other), "signed-out");
  assert.deepEqual(await other.evaluate(() => problems()), ["storage_corrupt"]);
});

test("without its key the session is over; the next one has a new key", async (t) => {
  const { page } = await signedIn(t);
  await page.evaluate(() => new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase("portcullis");
    deleting.onsuccess = resolve;
    deleting.onerror = reject;
  }));
  await reload(page);
  assert.equal(await status(page), "signed-out");
  await signIn(page);
  await reload(page);
  assert.equal(await status(page), "signed-in");
});

test("where nothing can be sealed the session is the page's alone, which is reported", async (t) => {
  const { open, profile } = await world(t);
  const context = await profile({ persist: "device" });
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, "indexedDB", { get() { throw new DOMException("", "SecurityError"); } });
    globalThis.told = [];
    globalThis.watching = () => opened.then((auth) => auth.on("problem", ({ error }) => told.push(error.code)));
  });
  const page = await open(context);
  await signIn(page);
  await page.evaluate(() => watching());
  assert.equal(await status(page), "signed-in");
  assert.deepEqual(await page.evaluate(() => told), ["storage_unavailable"]);
  assert.equal((await keptSession(page)).key, undefined);
  assert.equal(await page.evaluate(() => auth.getAccessToken().then((token) => token.length > 20)), true);
});

/** Ways in which a browser keeps the key to itself. */
const refuses = () => {
  IDBFactory.prototype.open = () => { throw new DOMException("", "UnknownError"); };
};
const saysNothing = () => {
  IDBFactory.prototype.open = () => ({});
  const { setTimeout } = globalThis;
  // whoever is patient for that long was patient enough
  globalThis.setTimeout = (work, delay, ...more) => setTimeout(work, delay === 5000 ? 0 : delay, ...more);
};

for (const [how, script] of [["refused", refuses], ["never given", saysNothing]]) {
  test(`where the key is ${how} for a while nothing is lost, and nobody is kept from signing in`, async (t) => {
    const { page, context } = await signedIn(t);
    await context.addInitScript(`if (localStorage.getItem("broken")) (${script})();`);
    const breakKeys = (isBroken) => page.evaluate((value) => localStorage.setItem("broken", value), isBroken ? "1" : "");
    const before = await keptSession(page);
    await breakKeys(true);
    await reload(page);
    assert.equal(await status(page), "signed-out");
    assert.deepEqual(await page.evaluate(() => problems()), ["storage_unavailable"]);
    assert.deepEqual(await keptSession(page), before);

    await breakKeys(false);
    await reload(page);
    assert.equal(await status(page), "signed-in");

    await breakKeys(true);
    await reload(page);
    const { value } = await signIn(page);
    assert.equal(value?.user.sub, "alice");
    assert.equal(await status(page), "signed-in");
    assert.equal((await keptSession(page)).key, undefined, "an outdated record is worse than none");
  });
}

test("a sign-out while the session is being sealed is a sign-out", async (t) => {
  const { page, context, open } = await signedIn(t);
  // the seal is set when the user has left already
  await page.evaluate(async () => {
    const { encrypt } = SubtleCrypto.prototype;
    let goOn;
    const left = new Promise((resolve) => (goOn = resolve));
    let begun;
    const sealing = new Promise((resolve) => (begun = resolve));
    SubtleCrypto.prototype.encrypt = async function (...question) {
      begun();
      await left;
      return encrypt.apply(this, question);
    };
    const refreshed = outcome(auth.getAccessToken({ forceRefresh: true }));
    await sealing;
    const out = auth.logout({ localOnly: true });
    goOn();
    await Promise.all([refreshed, out]);
  });
  assert.equal((await keptSession(page)).key, undefined);
  assert.equal(await status(await open(context)), "signed-out");
});

test("what one tab seals another opens", async (t) => {
  const { op, page, context, open } = await signedIn(t);
  const other = await open(context);
  assert.equal(await other.evaluate(() => auth.user?.sub), "alice");
  await other.evaluate(() => void (globalThis.heard = new Promise((resolve) => auth.on("refreshed", resolve))));
  const refreshed = page.evaluate(() => auth.getAccessToken({ forceRefresh: true }));
  await other.evaluate(() => heard);
  const before = op.requests.length;
  assert.equal(await other.evaluate(() => auth.getAccessToken()), await refreshed);
  assert.equal(op.requests.length, before);
});
