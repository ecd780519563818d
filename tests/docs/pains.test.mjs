/** `tests/pains.md` names tests that there are. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFile(new URL(path, root), "utf8");

const ROW = /^\| (?<complaint>.*?) ?\| (?<name>\S.*?) \| `(?<file>[\w/-]+)` \|$/gm;

test("every complaint has a test, and every test that is named is there", async () => {
  const table = await read("tests/pains.md");
  const rows = [...table.matchAll(ROW)].map(({ groups }) => groups);
  assert.equal(rows.length, table.match(/^\|/gm).length - 2, "rows that are none");
  assert.ok(rows.filter(({ complaint }) => complaint).length >= 30);
  for (const { name, file } of rows) {
    const isRust = file.startsWith("native/");
    const source = await read(`tests/${file}${isRust ? ".rs" : ".test.mjs"}`);
    if (isRust) assert.ok(source.includes(`#[test]\nfn ${name}()`), `${file}: ${name}`);
    else assert.ok(titles(source).some((title) => title.includes(name)), `${file}: ${name}`);
  }
});

/** What the tests of a file are called, as it is written there. */
const titles = (source) => [...source.matchAll(/\b(?:test|it)\(\s*(?:"([^"\n]+)"|`([^\n]+?)`,)/g)].map(([, plain, made]) => plain ?? made);
