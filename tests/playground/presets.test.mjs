/** The five presets against their servers: drawn, tried, authorised; and what a wrong secret comes to. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { button, demo, field, openPreset, verdict, visitor } from "./support.mjs";

const PRESETS = {
  "case-manager": { participants: ["Application", "System", "API"], requests: 2, says: /grant_type.*client_credentials/s },
  "compliance-auth": { participants: ["Application", "System", "API"], requests: 2, says: /version=2/ },
  cardsync: { participants: ["Application", "System", "API"], requests: 3, says: /security\/policy/ },
};

describe("each preset", () => {
  for (const [id, { participants, requests, says }] of Object.entries(PRESETS)) {
    test(`${id} is drawn without secrets, and works`, async (t) => {
      const page = await visitor(t);
      await openPreset(page, id);
      assert.deepEqual(await page.locator(".sequence-svg .heads .name").allTextContents(), participants);
      const drawn = await page.locator(".sequence-svg").innerHTML();
      assert.match(drawn, says);
      assert.match(drawn, /‹\w+›/);
      const { length } = demo.systems.systems[id].requests;
      if (id === "compliance-auth") await page.getByLabel("Permit the password grant").check();
      assert.match(await verdict(page), new RegExp(`^It works\\s*${requests} requests in \\d+ ms$`));
      const sent = demo.systems.systems[id].requests.slice(length).filter(({ method }) => method !== "OPTIONS");
      assert.equal(sent.length, requests);
      assert.equal(await page.locator(".exchange .problem").count(), 0);
      await page.getByText("Answer").last().click();
      const shown = await page.locator(".results").textContent();
      for (const secret of Object.values(demo.systems.secrets[id])) assert.ok(![drawn, shown].join().includes(secret));
    });
  }

  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    test(`what a test comes to is in sight, ${viewport.width} pixels wide`, async (t) => {
      const page = await visitor(t, { viewport });
      await openPreset(page, "case-manager");
      await verdict(page);
      await page.waitForFunction(() => {
        const { top, bottom } = document.querySelector(".exchange").getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }, undefined, { timeout: 5000 });
      assert.ok(await button(page, "Test").evaluate((element) => element === document.activeElement));
    });
  }

  test("the password grant has to be permitted", async (t) => {
    const page = await visitor(t);
    await openPreset(page, "compliance-auth");
    assert.match(await verdict(page), /It does not work/);
    assert.match(await page.getByRole("alert").innerText(), /config_invalid[\s\S]*allowPasswordGrant[\s\S]*What to do/);
  });

  test("iman: somebody says yes in a window, then it works; somebody says no, and it says so", async (t) => {
    const page = await visitor(t);
    await openPreset(page, "iman");
    assert.match(await verdict(page), /It does not work/, "nobody has let us in yet");
    assert.match(await page.getByRole("alert").innerText(), /login_required/);
    for (const [decision, words] of [["deny", /Not authorised/], ["allow", /Authorised/]]) {
      const opened = page.waitForEvent("popup");
      await button(page, "Authorise").click();
      const popup = await opened;
      await popup.locator(`#${decision}`).click();
      await page.locator(".verdict-line").waitFor();
      assert.match(await page.locator(".verdict-line").innerText(), words);
      if (decision === "deny") assert.match(await page.getByRole("alert").innerText(), /authorization_error[\s\S]*What to do/);
    }
    assert.match(await verdict(page), /It works/);
    assert.ok(!page.url().includes("code="));
  });

  test("the e-mail gate is asked by the server, and everything but a clear yes is a no", async (t) => {
    const page = await visitor(t);
    await openPreset(page, "email-gate");
    assert.match(await page.locator(".sequence-svg").innerHTML(), /base64\(/);
    assert.match(await verdict(page, "Ask"), /^May enter/);
    await page.getByLabel("Address").fill("nobody@example.org");
    assert.match(await verdict(page, "Ask"), /^May not enter\s/);
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    assert.match(await verdict(page, "Ask"), /no clear yes/);
    assert.match(await page.locator(".results").innerText(), /401[\s\S]*base64\(‹user›:‹password›\)/);
    assert.match(await page.locator(".outcome").innerText(), /What to do/);
  });

  test("a gate is asked for this page alone", async () => {
    for (const headers of [{ origin: "https://elsewhere.example", "content-type": "application/json" }, { origin: demo.portal, "content-type": "text/plain" }]) {
      const answer = await fetch(`${demo.portal}/playground/gate`, { method: "POST", headers, body: "{}" });
      assert.equal(answer.status, 403);
    }
  });
});

test("a test that nobody answers can be stopped, and what is left behind is not shown", async (t) => {
  const page = await visitor(t);
  await openPreset(page, "case-manager");
  const { trouble } = demo.systems.systems["case-manager"];
  const ways = { "Stopped.": () => button(page, "Stop").click(), "Nothing was sent yet.": () => page.getByLabel("Preset").selectOption("cardsync") };
  for (const [words, leave] of Object.entries(ways)) {
    const met = trouble("silence");
    await button(page, "Test").click();
    await met;
    assert.ok(await button(page, "Stop").isVisible());
    await leave();
    await page.locator("button:text-is('Test'):enabled").waitFor();
    await page.getByText(words, { exact: true }).waitFor();
  }
  assert.match(await verdict(page), /It works\s*3 requests/);
});

test("a wrong secret shows the error and its remedy, and is nowhere to be found", async (t) => {
  const wrong = "a wrong secret indeed";
  const page = await visitor(t);
  await openPreset(page, "case-manager");
  const secret = page.getByLabel("Client secret", { exact: true });
  assert.equal(await secret.getAttribute("type"), "password");
  await secret.fill(wrong);
  assert.match(await verdict(page), /It does not work/);
  const problem = await page.getByRole("alert").innerText();
  assert.match(problem, /token_error[\s\S]*What to do[\s\S]*invalid_client/);
  await page.getByRole("button", { name: "Show Client secret" }).click();
  assert.equal(await secret.getAttribute("type"), "text");
  await page.getByLabel("Description").fill("after the reveal");
  await field(page, "id").fill("another");
  const traces = await page.evaluate(() => [
    document.documentElement.outerHTML, document.body.innerText, location.href,
    JSON.stringify([localStorage, sessionStorage, history.state, document.cookie]),
  ]);
  for (const trace of traces) assert.ok(!trace.includes(wrong));
  assert.deepEqual(await page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length]), [0, 0, 0]);
});
