/** What the playground's tests share: the demo with the five systems, and visitors who complain. */
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { startDemo } from "../../scripts/demo/serve.mjs";
import { sharedBrowser } from "../e2e/support.mjs";

export let demo;
before(async () => (demo = await startDemo()));
after(() => demo?.stop());

/** Statuses that a test provokes are logged by the browser itself. */
const EXPECTED = /^Failed to load resource/;

/**
 * A page of its own, ended with the test, which fails if the page complains or breaks its policy.
 *
 * @param {import("node:test").TestContext} t
 * @param {object} [options] of the browser's context
 */
export async function visitor(t, options) {
  const context = await (await sharedBrowser()).newContext(options);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  return page;
}

/** Opens the playground with a preset, drawn. */
export async function openPreset(page, id) {
  await page.goto("about:blank"); // a page that is only sent to another fragment stays as it is
  await page.goto(`${demo.portal}/playground#${id}`);
  await page.locator(".sequence-svg .row").first().waitFor();
}

export const button = (page, name) => page.getByRole("button", { name, exact: true });

/** A field by its path in the data. */
export const field = (page, path) => page.locator(`[data-path="${path}"]`);

/** Opens all sections of the form. */
export const unfold = (page) => page.evaluate(() => document.querySelectorAll(".section").forEach((section) => (section.open = true)));

/** Runs the test, and gives the verdict's words. */
export async function verdict(page, name = "Test") {
  await button(page, name).click();
  const line = page.locator(".verdict-line");
  await line.waitFor();
  return line.innerText();
}
