/**
 * The conformance suite's modules, one file each, and after them every defect that none of them has met.
 * Each refused call is held against the same demands: its code, no request after it, nothing written,
 * no event, and no secret where anybody could find it (see `assertRefused` in `harness.mjs`).
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";

import { ambiguous, defects } from "./defects.mjs";
import { LIMIT, meet, met, modules } from "./harness.mjs";

const files = (await readdir(new URL("modules", import.meta.url))).sort();
for (const file of files) await import(`./modules/${file}`);

test("every file is named after its module", () => {
  assert.deepEqual(modules.map((name) => `${name}.mjs`), files);
});

test("no name is that of two defects", () => {
  assert.deepEqual(ambiguous, []);
});

const rest = Object.entries(defects).filter(([name]) => !met.has(name));
for (const [name, defect] of rest) {
  test(`defect: ${name}`, { timeout: LIMIT }, () =>
    meet(name, {}, (visit) => (defect.code ? visit.assertRefused(defect) : visit.assertSignedIn())));
}
