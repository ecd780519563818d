/** The tables of README.md say what the source says. `npm run docs` writes them. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, it } from "node:test";

import { README, fill, marked, tables } from "../../scripts/docs.mjs";
import { ENGINES, versionOf } from "../../scripts/lib/engines.mjs";

describe("README.md", () => {
  let text, expected;
  before(async () => ([text, expected] = await Promise.all([readFile(README, "utf8"), tables()])));

  for (const name of ["options", "login-options", "logout-options", "events", "errors"]) {
    it(`has the ${name} of the source`, () => {
      const { passage } = marked(text, name);
      assert.ok(passage === expected[name], `run \`npm run docs\`, or put this between the markers:\n\n${expected[name]}\n`);
    });
  }

  it("is filled between its markers and nowhere else", () => {
    assert.equal(fill(text, expected), text);
    assert.throws(() => fill(text, { nonsense: "" }), /lacks the markers/);
  });

  it("has a table row for every error code and option", async () => {
    const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
    const [errors, types] = await Promise.all([read("pkg/errors.ts"), read("pkg/types.ts")]);
    const [, union] = /export type AuthErrorCode =([\s\S]*?);/.exec(errors);
    const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
    const rows = (name) => [...marked(text, name).passage.matchAll(/^\| `([\w-]+)`/gm)].map(([, first]) => first);
    assert.ok(codes.length > 70);
    assert.deepEqual(rows("errors").toSorted(), codes.toSorted());
    const [, options] = /export interface AuthOptions \{([\s\S]*?)\n\}/.exec(types);
    assert.deepEqual(rows("options"), [...options.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name));
  });

  it("names every provider that the tests sign in at", async () => {
    const words = text.replace(/\s+/g, " ");
    for (const id of Object.keys(ENGINES)) {
      const [{ name }] = Object.values(await import(`../interop/engines/${id}.mjs`));
      assert.ok(words.includes([name, versionOf(id)].filter(Boolean).join(" ")), name);
    }
  });

  it("states the defaults and limits that the module has", async () => {
    const config = await readFile(new URL("../../src/config.rs", import.meta.url), "utf8");
    for (const option of ["clockTolerance", "timeout"]) {
      const [, most] = new RegExp(`Place::${option[0].toUpperCase()}${option.slice(1)}, Rule::Within\\(\\d+, (\\d+)\\)`).exec(config);
      const [, usual] = new RegExp(`\\.whole\\("${option}"\\)[^;}]*?unwrap_or\\((\\d+)\\)`).exec(config);
      const [row] = new RegExp(`^\\| \`${option}\`.*$`, "m").exec(text);
      assert.match(row, new RegExp(`\\| \`${usual}\` \\|.*At most ${most}\\.`));
    }
  });

  it("knows the names of the library that people come from, and its own", async () => {
    const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
    const [theirs, ours] = await Promise.all(["node_modules/oidc-client-ts/dist/types/oidc-client-ts.d.ts", "pkg/types.ts"].map(read));
    const table = text.split("\n").slice(text.split("\n").findIndex((line) => line.startsWith("| oidc-client-ts | auth0-spa-js |")) + 2);
    const rows = table.slice(0, table.indexOf("")).map((row) => row.split(/ ?\| ?/).slice(1, 4));
    assert.ok(rows.length > 5);
    for (const [from, , here] of rows) {
      for (const [cell, types] of [[from, theirs], [here, ours]]) {
        for (const [, name] of cell.matchAll(/`(\w+)/g)) assert.match(types, new RegExp(`\\b${name}\\b`), name);
      }
    }
  });
});
