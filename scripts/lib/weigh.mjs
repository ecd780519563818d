// What a portal's sign-in weighs, and what the weight is made of.
import { readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { CHUNKS } from "./glue.mjs";
import { root } from "./run.mjs";
import { functionSizes, readSections } from "./wasm.mjs";

/** A minimal portal: it signs in, or completes a sign-in. */
const PORTAL = `
import { createAuth } from "portcullis";
const auth = await createAuth({ issuer: "https://id.example", clientId: "portal", redirectUri: location.origin + "/callback" });
document.querySelector("button").onclick = () => auth.login();
if (auth.isCallback()) history.replaceState(null, "", (await auth.handleCallback()).returnTo);
`;

/** Bytes of a text or file: `{ raw, gzip, brotli }`, at the highest levels. */
export function weigh(bytes) {
  const buffer = Buffer.from(bytes);
  return {
    raw: buffer.length,
    gzip: gzipSync(buffer, { level: 9 }).length,
    brotli: brotliCompressSync(buffer).length,
  };
}

/**
 * Bundles the portal for production with the built package: `portal` is what it loads first,
 * `lazy` the parts by file name that it loads when it needs them, each as text.
 */
export async function bundlePortal(dist) {
  const outputs = await bundle({
    stdin: { contents: PORTAL, resolveDir: root, sourcefile: "portal.js" },
    splitting: true,
    alias: { portcullis: join(dist, "index.js") },
  });
  const lazy = {};
  const first = outputs.find(({ entryPoint }) => entryPoint?.endsWith("portal.js"));
  const loaded = new Set(reachable(first, outputs));
  for (const output of outputs) if (!loaded.has(output)) lazy[output.name] = output.text;
  return { portal: [...loaded].map(({ text }) => text).join(""), lazy };
}

/**
 * What the portal's gzip bytes are made of, by part. The module and the glue are weighed by leaving
 * them out; what remains is shared among the wrapper's files by their minified length.
 */
export async function contributors(generated) {
  const parts = { module: join(generated, "module.js"), glue: join(generated, "glue.js") };
  const empty = {
    module: 'export const moduleBase64 = "";',
    glue: "export const createGlue = () => ({});",
  };
  const build = async (without) => {
    const [output] = await bundle({
      stdin: { contents: PORTAL, resolveDir: root, sourcefile: "portal.js" },
      alias: { portcullis: join(root, "pkg/index.ts") },
      external: ["core-js.js", "late.js", "texts.js", "verifier.js", "diagnosis.js", ...CHUNKS].map((name) => `*/${name}`),
      plugins: [replace(without.map((part) => [parts[part], empty[part]]))],
    });
    return { gzip: weigh(output.text).gzip, inputs: output.inputs };
  };
  const [all, withoutModule, wrapper] = await Promise.all([
    build([]),
    build(["module"]),
    build(["module", "glue"]),
  ]);
  const table = {
    "WebAssembly module": all.gzip - withoutModule.gzip,
    "wasm-bindgen glue": withoutModule.gzip - wrapper.gzip,
  };
  const files = Object.entries(wrapper.inputs).filter(([file]) => !file.includes("pkg/build/"));
  const length = files.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
  for (const [file, { bytesInOutput }] of files) {
    const name = file.startsWith("<") || file.endsWith("portal.js") ? "the portal itself" : file;
    table[name] = Math.round((wrapper.gzip * bytesInOutput) / length);
  }
  return table;
}

/** Raw bytes of the optimised module: `{ functions, modules, sections }`, each name → bytes. */
export function dissect(named) {
  const functions = {};
  const modules = {};
  for (const { name, size } of functionSizes(named)) {
    const readable = name.replace(/::h[0-9a-f]{16}$/, "").replace(/\[[0-9a-f]{16}\]/g, "");
    functions[readable] = (functions[readable] ?? 0) + size;
    const home = homeOf(readable);
    modules[home] = (modules[home] ?? 0) + size;
  }
  const kinds = { 1: "types", 2: "imports", 3: "functions", 7: "exports", 9: "elements", 10: "code", 11: "data" };
  const sections = {};
  for (const { id, body } of readSections(named)) if (kinds[id]) sections[kinds[id]] = body.length;
  return { functions, modules, sections };
}

/** The Rust module a function belongs to, from its demangled name: at most three segments. */
function homeOf(name) {
  const [path] = /[a-z_]\w*(::[a-z_]\w*)+/.exec(name) ?? ["(exports and shims)"];
  const segments = path.split("::");
  return (segments.length > 3 ? segments.slice(0, 3) : segments.slice(0, -1)).join("::") || path;
}

async function bundle(options) {
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2022",
    outdir: join(root, "pkg/build/portal"),
    legalComments: "none",
    ...options,
  });
  return Object.entries(metafile.outputs).map(([path, output]) => ({
    ...output,
    path,
    name: basename(path).replace(/-[0-9A-Z]{8}(?=\.js$)/, ""),
    text: outputFiles.find((file) => relative(root, file.path) === path).text,
  }));
}

/** An output and all that it imports statically. */
function reachable(output, outputs) {
  const imported = output.imports.filter(({ kind }) => kind === "import-statement");
  return [output, ...imported.flatMap(({ path }) => reachable(outputs.find((o) => o.path === path), outputs))];
}

function replace(replacements) {
  const contents = new Map(replacements);
  return {
    name: "replace",
    setup(build) {
      build.onLoad({ filter: /\.js$/ }, ({ path }) => {
        return contents.has(path) ? { contents: contents.get(path), loader: "js" } : undefined;
      });
    },
  };
}
