/** Whether everybody can use it: axe in both themes and both widths, at rest, with problems, and with results. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";

import { button, demo, field, openPreset, unfold, verdict, visitor } from "./support.mjs";
import { signIn } from "./sign-in.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with the page as it is. */
async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { passes, violations } = await globalThis.axe.run();
    if (passes.length < 20) throw new Error("axe has looked at nothing");
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target.join(" ")}`));
  });
}

const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 1280]) {
    test(`axe finds nothing, ${colorScheme}, ${width} pixels wide`, async (t) => {
      // axe itself is a script that the policy would not let in
      const page = await visitor(t, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      await openPreset(page, "iman");
      assert.deepEqual(await violations(page), []);
      assert.ok(await fits(page), "nothing sticks out");

      await openPreset(page, "cardsync");
      await unfold(page);
      await page.getByLabel("Password", { exact: true }).fill("not this one");
      assert.match(await verdict(page), /It does not work/);
      await field(page, "tokenUrl").fill("http://system.example/");
      await page.getByText("1 to mend").first().waitFor();
      await page.getByText("The steps as text").click();
      assert.deepEqual(await violations(page), []);
      assert.ok(await fits(page), "nothing sticks out");
      await button(page, "Import…").click();
      assert.deepEqual(await violations(page), []);

      await openPreset(page, "email-gate");
      assert.match(await verdict(page, "Ask"), /May enter/);
      assert.deepEqual(await violations(page), []);

      await signIn(page, demo);
      await page.getByRole("link", { name: "Trace" }).click();
      await page.locator(".sequence-svg .row").first().waitFor();
      assert.deepEqual(await violations(page), []);
      assert.ok(await fits(page), "nothing sticks out");
    });
  }
}
