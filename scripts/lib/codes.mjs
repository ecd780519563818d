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

const TEXT = String.raw`"((?:[^"\\]|\\.)*)"`;

/** The rows of a table in Rust, the body of the macro's call, as arrays of what `row` captures. */
async function rowsOf(file, macro, row) {
  const rust = await readFile(join(root, file), "utf8");
  const [, body] = new RegExp(`^${macro}! \\{\\n([\\s\\S]*?)^\\}`, "m").exec(rust);
  const rows = [...body.matchAll(new RegExp(`^ {4}${row}$`, "gm"))].map(([, ...cells]) => cells.map((cell) => JSON.parse(`"${cell}"`)));
  const entries = body.match(/^ {4}[A-Z]/gm).length;
  if (rows.length !== entries) throw new Error(`${file}: ${rows.length} of ${entries} rows of ${macro}! can be read`);
  return rows;
}

/** `hints!` in src/hint.rs: code, what was said or where, remedy. */
export async function hintTable() {
  const codes = new Map((await codeTable()).flatMap(({ rows }) => rows.map(({ variant, code }) => [variant, code])));
  const rows = await rowsOf("src/hint.rs", "hints", String.raw`(\w+) ${TEXT} ${TEXT}`);
  return rows.map(([variant, piece, remedy]) => [codes.get(variant), piece, remedy]);
}

/** The module that `pkg/words.ts` loads: of a report, sentence and remedy. */
export async function wordsModule() {
  const rows = (await codeTable()).flatMap(({ rows }) => rows);
  const texts = Object.fromEntries(rows.map(({ code, sentence, remedy }) => [code, [sentence, remedy]]));
  return `const texts = ${JSON.stringify(texts)};
const hints = ${JSON.stringify(await hintTable())};
/** As \`Failure::remedy\` in Rust. */
export function words({ code, place, oauth: { error, description = "" } = {} }) {
  const [sentence, remedy] = texts[code] ?? [];
  const hint = hints.find(([of, piece]) => of === code && (piece === place || piece === error || description.includes(piece)));
  return [sentence, hint?.[2] ?? remedy];
}
`;
}

/** The module that `pkg/diagnosis.ts` holds: both tables of src/client/diagnose/findings.rs, row by row. */
export async function findingsModule() {
  const file = "src/client/diagnose/findings.rs";
  const ids = await rowsOf(file, "checks", String.raw`\w+ ${TEXT}`);
  const rows = await rowsOf(file, "findings", String.raw`\w+ ${TEXT} (?:true|false)\s+${TEXT} ${TEXT}`);
  const findings = rows.map(([, sentence, remedy]) => (remedy === "-" ? [sentence] : [sentence, remedy]));
  return `export const ids = ${JSON.stringify(ids.flat())};\nexport const findings = ${JSON.stringify(findings)};\n`;
}
