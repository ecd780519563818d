/** The table of browsers in README.md leaves out nothing that the package needs. */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const dist = new URL("../../pkg/dist/", import.meta.url);

/** Newer than Chrome 94, Firefox 120 or Safari 16.4, by the vendors' documents: no ES2022, and in no row of the table but what is spared. */
const NEWER = [
  "structuredClone", "AbortSignal.any", "AbortSignal.timeout", "Response.json", "URL.canParse", "URL.parse",
  "Promise.withResolvers", "Promise.try", "Array.fromAsync", "Object.groupBy", "Map.groupBy", "RegExp.escape",
  ".findLast(", ".findLastIndex(", ".toSorted(", ".toReversed(", ".toSpliced(", ".isWellFormed(", ".toWellFormed(",
];

/** In a row of the table, and looked for before it is used: `tests/connect/fetch.test.mjs` does without. */
const SPARED = { "connect.js": "AbortSignal.any" };

test("what a page loads needs no browser newer than those in the table", async () => {
  const files = (await readdir(dist)).filter((file) => file.endsWith(".js") && file !== "testing.js"); // that is for tests alone
  assert.ok(files.includes("index.js") && files.includes("connect.js") && files.length > 15);
  for (const file of files) {
    const text = await readFile(new URL(file, dist), "utf8");
    assert.deepEqual(NEWER.filter((name) => text.includes(name) && SPARED[file] !== name), [], file);
  }
});
