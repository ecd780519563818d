/** The form: what is shown when, what is wrong with it, and what comes in and goes out. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";

import { button, demo, field, openPreset, unfold, visitor } from "./support.mjs";

async function exported(page) {
  const download = page.waitForEvent("download");
  await button(page, "Export").click();
  return readFile(await (await download).path(), "utf8");
}

async function imported(page, text) {
  await button(page, "Import…").click();
  await page.getByLabel("Or pasted, as JSON").fill(text);
  await button(page, "Import").click();
}

/** What an input is described by. */
const described = (input) => input.evaluate((element) =>
  (element.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean).map((id) => document.getElementById(id).textContent));

test("only fields that apply are shown, sent and exported", async (t) => {
  const page = await visitor(t);
  await openPreset(page, "iman");
  assert.ok(await field(page, "authorizationUrl").isVisible());
  await page.getByRole("radio", { name: "Two-legged" }).check();
  await page.locator(".heads .name", { hasText: "User" }).waitFor({ state: "detached" });
  for (const path of ["authorizationUrl", "redirectUri", "pkce"]) assert.ok(!(await field(page, path).isVisible()), path);
  assert.ok(await page.getByRole("button", { name: "Authorise" }).isHidden());
  const data = JSON.parse(await exported(page));
  assert.ok(!("authorizationUrl" in data) && !("refreshRequest" in data));
  assert.equal(data.type, "two-legged");
});

describe("problems", () => {
  test("are told as one types, tied to their field, and go when they are mended", async (t) => {
    const page = await visitor(t);
    await openPreset(page, "iman");
    await unfold(page);
    const token = field(page, "tokenUrl");
    await token.fill("http://system.example/token");
    await page.getByText("1 to mend; drawn as it was before").waitFor();
    assert.equal(await token.getAttribute("aria-invalid"), "true");
    assert.deepEqual(await described(token), ["Must be an https URL without a fragment; http only on this machine."]);
    const header = field(page, "tokenHeaders[0].value");
    await header.fill("%[nobody]");
    await page.getByText("2 to mend; drawn as it was before").waitFor();
    assert.deepEqual(await described(header), ["Uses a %[name] that nothing defines."]);
    await token.fill("https://system.example/token");
    await header.fill("%[guid]");
    await page.getByText(/to mend/).first().waitFor({ state: "hidden" });
    assert.equal(await token.getAttribute("aria-invalid"), null);
    assert.deepEqual(await described(token), []);
    assert.match(await page.locator(".sequence-svg").innerHTML(), /system\.example/);
  });

  test("of a number, a list inside a list, and the whole", async (t) => {
    const page = await visitor(t);
    await openPreset(page, "cardsync");
    await unfold(page);
    await field(page, "timeout").fill("121");
    await field(page, "credentials.password[1].value").fill("%[what]");
    await field(page, "before[0].url").fill("ftp://x");
    await page.getByText("3 to mend; drawn as it was before").waitFor();
    for (const path of ["timeout", "credentials.password[1].value", "before[0].url"]) {
      assert.equal(await field(page, path).getAttribute("aria-invalid"), "true", path);
    }
  });
});

test("a gate whose base URL is none yet is told so, and drawn when it is one", async (t) => {
  const page = await visitor(t);
  await openPreset(page, "email-gate");
  const base = field(page, "values.base_url");
  await base.fill("gate");
  await page.getByText("1 to mend; drawn as it was before").waitFor();
  await base.fill("https://gate.example");
  await page.getByText(/to mend/).first().waitFor({ state: "hidden" });
  assert.match(await page.locator(".sequence-svg").innerHTML(), /gate\.example/);
});

test("rows are added and removed by keyboard, and the focus stays near", async (t) => {
  const page = await visitor(t);
  await openPreset(page, "case-manager");
  await unfold(page);
  const list = field(page, "tokenRequest");
  await list.getByRole("button", { name: "Add a parameter" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("resource");
  await page.keyboard.press("Tab");
  await page.keyboard.type("urn:x");
  await page.locator(".sequence-svg", { hasText: "urn:x" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator(".sequence-svg", { hasText: "urn:x" }).waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Add a parameter");
});

describe("import and export", () => {
  test("a round trip gives the same data, without secrets", async (t) => {
    const page = await visitor(t);
    for (const id of ["case-manager", "compliance-auth", "iman", "cardsync", "email-gate"]) {
      await openPreset(page, id);
      const first = await exported(page);
      for (const secret of Object.values(demo.systems.secrets[id])) assert.ok(!first.includes(JSON.stringify(secret).slice(1, -1)), `${id}: ${secret}`);
      const preset = JSON.parse(await readFile(new URL(`../../presets/${id}.json`, import.meta.url), "utf8"));
      const members = Object.keys(preset.connection ?? preset.gate).filter((name) => name !== "persistToken");
      assert.deepEqual(Object.keys(JSON.parse(first)).filter((name) => name !== "persistToken").sort(), members.sort());
      await openPreset(page, id === "iman" ? "cardsync" : "iman");
      await imported(page, first);
      await page.locator("#preset-about", { hasText: "pasted" }).waitFor();
      assert.equal(await exported(page), first);
      for (const input of await page.locator(".secrets input").all()) assert.equal(await input.inputValue(), "");
    }
  });

  test("secrets that somebody wrote into the data do not leave it", async (t) => {
    const page = await visitor(t);
    await openPreset(page, "case-manager");
    await unfold(page);
    await page.getByLabel("Client secret", { exact: true }).fill("mentioned");
    await field(page, "testUrl").fill("%[base_url]/api?key=mentioned");
    await field(page, "tokenRequest").getByRole("button", { name: "Add a parameter" }).click();
    await field(page, "tokenRequest[0].name").fill("client_secret");
    await field(page, "tokenRequest[0].value").fill("written down");
    await page.getByText("Is a secret by its name").waitFor();
    const { testUrl, tokenRequest } = JSON.parse(await exported(page));
    assert.equal(testUrl, "%[base_url]/api?key=%[client_secret]");
    assert.deepEqual(tokenRequest, [{ name: "client_secret" , value: "" }]);
  });

  test("what is unknown is left out and named, what is no connection is refused", async (t) => {
    const page = await visitor(t);
    await openPreset(page, "iman");
    await imported(page, "{ not json");
    await page.getByText("That is not JSON.").waitFor();
    await page.getByLabel("Or pasted, as JSON").fill('{"client_secret":"x"}');
    await button(page, "Import").click();
    await page.getByText("none of its members is known here").waitFor();
    const text = JSON.stringify({ id: "mine", type: "two-legged", tokenUrl: "https://system.example/token", client_secret: "leaked" });
    await page.getByLabel("From a file").setInputFiles({ name: "mine.json", mimeType: "application/json", buffer: Buffer.from(text) });
    await page.getByText("Left out, because the form does not know it: client_secret.").waitFor();
    assert.equal(await field(page, "id").inputValue(), "mine");
    assert.match(await page.locator(".sequence-svg").innerHTML(), /system\.example/);
    await imported(page, '{"id":"unfinished","type":"two-legged"}');
    await page.getByText("1 to mend", { exact: true }).first().waitFor();
    assert.ok(await page.locator(".sequence-svg").isHidden(), "nothing is drawn of another connection");
    assert.ok(!(await exported(page)).includes("leaked"));
  });
});
