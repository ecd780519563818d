// `npm run docs`: writes the tables of README.md anew, each from the source that it describes.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeTable } from "./lib/codes.mjs";
import { main, root } from "./lib/run.mjs";

export const README = join(root, "README.md");

const NOT_YET = "**Not there yet.**";

/** What each pair of markers in README.md has between it: name → Markdown. */
export async function tables() {
  const [types, errors, config, login, logout, events, codes, raised] = await Promise.all([
    ...["pkg/types.ts", "src/error.rs", "src/config.rs", "src/protocol/authorize.rs", "src/client/logout.rs"].map(read),
    read("src/platform/mod.rs").then((text) => new Set([...text.matchAll(/Self::\w+ => "([\w-]+)"/g)].map(([, name]) => name))),
    codeTable(),
    raisedCodes(),
  ]);
  const places = new Map([...errors.matchAll(/^ {4}(\w+) "(\w+)"$/gm)].map((match) => match.slice(1)));
  /** The options that a table of rules in Rust reads. */
  const optionsOf = (rust) => {
    const [rules] = /^const RULES: &\[\(Place, Rule\)\] = &\[[\s\S]*?^\];/m.exec(rust);
    return new Set([...rules.matchAll(/Place::(\w+)/g)].map(([, place]) => places.get(place)));
  };
  return {
    options: optionTable(types, "AuthOptions", optionsOf(config).add("storage").add("host")),
    "login-options": optionTable(types, "LoginOptions", optionsOf(login).add("signal")),
    "logout-options": optionTable(types, "LogoutOptions", optionsOf(logout)),
    events: eventTable(types, events),
    errors: errorTables(codes, raised),
  };
}

/** The text with every marked passage replaced; throws where a pair of markers is missing. */
export function fill(text, passages) {
  return Object.entries(passages).reduce((filled, [name, passage]) => {
    const { before, after } = marked(filled, name);
    return `${before}${passage}${after}`;
  }, text);
}

/** What stands between the markers called `name`, and around it, markers included. */
export function marked(text, name) {
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `\n<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`README.md lacks the markers ${begin.trim()} and ${end.trim()}`);
  return { before: text.slice(0, from), passage: text.slice(from, to), after: text.slice(to) };
}

function optionTable(types, name, inForce) {
  const rows = members(types, name).map(({ name, optional, type, doc }) => [
    code(name),
    code(type),
    optional ? defaultOf(type, doc) : "required",
    inForce.has(name) ? meaningOf(doc) : `${NOT_YET} ${meaningOf(doc)}`,
  ]);
  return table(["option", "type", "default", "meaning"], rows);
}

/** `Default 30, at most 300.`: the default and the limit. */
const STATED = /\bDefault:? (.*?)(?:, at (most \d+))?\.(?:\s|$)/;

/** The comment without the default, which has a column of its own. */
function meaningOf(doc) {
  const rest = doc.replace(STATED, (_, _default, limit) => (limit ? `At ${limit}. ` : "")).trim();
  return rest || doc;
}

/** The default as the comment states it. */
function defaultOf(type, doc) {
  const [, marked] = /`(\w+)` \(default\)/.exec(doc) ?? [];
  if (marked) return code(`"${marked}"`);
  const [, stated] = STATED.exec(doc) ?? [];
  if (stated) return /^[\w"]+$/.test(stated) ? code(stated.replace(/^`|`$/g, "")) : stated;
  if (/\boff by default\b/i.test(doc)) return "off";
  if (/\bdefault to the platform's own\b/.test(doc)) return "the platform's own";
  return type === "boolean" ? code("false") : "none";
}

function eventTable(types, emitted) {
  const rows = members(types, "AuthEvents").map(({ name, type, doc }) => [
    code(name.replaceAll('"', "")),
    code(type),
    emitted.has(name.replaceAll('"', "")) ? doc : `**Not emitted yet.** ${doc}`,
  ]);
  return table(["event", "detail", "meaning"], rows);
}

/** A table for each group of the `codes!` table, in its order. */
function errorTables(groups, raised) {
  const passages = groups.map(({ title, rows }) => {
    const cells = rows.map(({ variant, code: name, retryable, sentence, remedy }) => [
      code(name) + (raised.has(variant) || raised.has(name) ? "" : " (reserved)"),
      retryable ? "yes" : "no",
      sentence,
      remedy,
    ]);
    return `**${title[0].toUpperCase()}${title.slice(1)}**\n\n${table(["code", "retryable", "what went wrong", "remedy"], cells)}`;
  });
  return passages.join("\n\n");
}

/** Codes that something outside the error table makes: variants in Rust, names in the wrapper. */
async function raisedCodes() {
  const rust = (await files("src", ".rs")).filter((path) => path !== "src/error.rs" && !/\/tests(\/|\.rs$)/.test(path));
  const wrapper = (await readdir(join(root, "pkg"))).filter((name) => name.endsWith(".ts")).map((name) => `pkg/${name}`);
  const found = new Set();
  for (const path of [...rust, ...wrapper]) {
    const [shipped] = (await read(path)).split(/^#\[cfg\(test\)\]\nmod \w+ \{/m);
    for (const [, variant, name] of shipped.matchAll(/\bCode::([A-Z]\w+)|\bnew Failure\("(\w+)"/g)) found.add(variant ?? name);
  }
  return found;
}

/** The members of an interface: `{ name, optional, type, doc }`. */
function members(types, name) {
  const [, body] = new RegExp(`^export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, "m").exec(types);
  return [...body.matchAll(/\/\*\*([\s\S]*?)\*\/\s*([\w"-]+)(\?)?: (.+);$/gm)].map(([, doc, name, optional, type]) => ({
    name,
    optional: optional !== undefined,
    type,
    doc: doc.replace(/^\s*\* ?/gm, "").replace(/\{@link (\w+)\}/g, "`$1`").replace(/\s+/g, " ").trim(),
  }));
}

const code = (text) => `\`${text}\``;
const cell = (text) => text.replaceAll("|", "\\|");

function table(head, rows) {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`);
  return lines.join("\n");
}

const read = (path) => readFile(join(root, path), "utf8");

async function files(folder, extension) {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const nested = entries.map((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return files(path, extension);
    return entry.name.endsWith(extension) ? [path] : [];
  });
  return (await Promise.all(nested)).flat().sort();
}

await main(import.meta, async () => {
  await writeFile(README, fill(await readFile(README, "utf8"), await tables()));
});
