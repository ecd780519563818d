// The table of what can go wrong, `codes!` in src/error.rs, for those who repeat it elsewhere.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./run.mjs";

const ROW = /^ {4}(\w+) "(\w+)" (true|false)\s+("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/gm;

/** The groups of rows, in the table's order: `{ title, rows: { variant, code, retryable, sentence, remedy }[] }`. */
export async function codeTable() {
  const rust = await readFile(join(root, "src/error.rs"), "utf8");
  const [, body] = /^codes! \{\n([\s\S]*?)^\}/m.exec(rust);
  const parts = body.split(/^ {4}\/\/ (.*)\n/m).slice(1);
  return parts.filter((_, i) => i % 2 === 0).map((title, i) => ({
    title,
    rows: [...parts[2 * i + 1].matchAll(ROW)].map(([, variant, code, retryable, sentence, remedy]) => {
      return { variant, code, retryable: retryable === "true", sentence: JSON.parse(sentence), remedy: JSON.parse(remedy) };
    }),
  }));
}

/** The module that `pkg/words.ts` loads: code → sentence and remedy. */
export async function wordsModule() {
  const rows = (await codeTable()).flatMap(({ rows }) => rows);
  const texts = Object.fromEntries(rows.map(({ code, sentence, remedy }) => [code, [sentence, remedy]]));
  return `export default ${JSON.stringify(texts)};\n`;
}
