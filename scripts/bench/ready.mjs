// Brings a clone to where its build can be measured in Chromium.
import { setUp, setUpBrowsers } from "../setup.mjs";

export async function makeReady() {
  await setUp();
  const { chromium } = await setUpBrowsers();
  if (chromium) process.env.PORTCULLIS_CHROMIUM ??= chromium;
  const { build } = await import("../build.mjs"); // needs packages that were not there before
  await build();
}
