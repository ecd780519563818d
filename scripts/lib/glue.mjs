// wasm-bindgen's glue as a factory: each call of `createGlue()` has its own state, so that every
// client has an instance of its own and a broken instance can be replaced.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { importKey } from "./wasm.mjs";

/** Files beside `shim.js` that it imports when they are needed: chunks of the package. */
export const CHUNKS = ["popup.js", "lease.js", "adopt.js", "vault.js", "proof.js", "frame.js", "probe.js"];

// What wasm-bindgen calls the function that runs `#[wasm_bindgen(start)]`.
const START = "__wbindgen_start";
const EXPORT_USE = /\bwasm\.([\w$]+)/g;

/**
 * Short names for what crosses the boundary, as `renameBoundary` takes them. Exports that the glue
 * never uses get none.
 */
export function nameBoundary(bytes, glueText) {
  const module = new WebAssembly.Module(bytes);
  const used = new Set([START, ...[...glueText.matchAll(EXPORT_USE)].map(([, name]) => name)]);
  const imports = new Map();
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports.set(importKey(from, name), shortName(imports.size));
  }
  const exports = new Map();
  for (const { name } of WebAssembly.Module.exports(module)) {
    if (used.has(name)) exports.set(name, shortName(exports.size));
  }
  return { module: "a", imports, exports };
}

/** Bundles the glue with the JavaScript that Rust brings along, and writes the factory; `exported` names its class. */
export async function bundleGlue(folder, glueText, names, exported, output) {
  const { build } = await import("esbuild");
  await writeFile(join(folder, "portcullis_bg.js"), adapt(glueText, names));
  const bundled = await build({
    stdin: { contents: entry(names, exported), resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2020",
    external: CHUNKS.map((name) => `./${name}`),
  });
  const [file] = bundled.outputFiles;
  const [, body, list] = /^([\s\S]*)export\{([^}]*)\};\s*$/.exec(file.text) ?? [];
  if (!list) throw new Error("esbuild's output has changed: no export list at its end");
  const members = list.split(",").map((item) => item.split(" as ").reverse().join(":"));
  await writeFile(output, `export function createGlue(){${body}return{${members}}}\n`);
}

function entry(names, exported) {
  const imported = [...names.imports].map(([key, short], i) => {
    const [from, name] = JSON.parse(key);
    return { line: `import { ${name} as i${i} } from ${JSON.stringify(from)};`, member: `${short}: i${i}` };
  });
  const begin = names.exports.get(START);
  return `
    import { __wbg_set_wasm, ${exported} } from "./portcullis_bg.js";
    ${imported.map(({ line }) => line).join("\n")}
    const imports = { ${names.module}: { ${imported.map(({ member }) => member)} } };
    function start(exports) {
      __wbg_set_wasm(exports);
      ${begin ? `exports.${begin}();` : ""}
    }
    export { imports, start, ${exported} };`;
}

/** The glue with the changes below, and with short names. */
function adapt(text, names) {
  let adapted = text;
  for (const { what, pattern, replacement } of CHANGES) {
    if (adapted.search(pattern) < 0) throw new Error(`wasm-bindgen's glue has changed: no ${what} in it`);
    adapted = adapted.replace(pattern, replacement);
  }
  // Only the connector has tasks that the glue runs (the core's are in tasks.js). One that traps has told so,
  // and thrown where nobody can catch it, it would end a whole server.
  adapted = adapted.replace(/\bqueueMicrotask\((getObject\(arg0\))\);/, "const task = $1; queueMicrotask(() => { try { task(); } catch {} });");
  return adapted.replace(EXPORT_USE, (_, name) => {
    const short = names.exports.get(name);
    if (!short) throw new Error(`the glue uses an export that the module lacks: ${name}`);
    return `wasm.${short}`;
  });
}

/** What the glue is given up to be smaller, and to serve wasm2js's output as well. */
const CHANGES = [
  {
    // When WebAssembly memory grows, the old buffer is detached. In wasm2js it stays as it was, so
    // a cached view is stale as soon as its buffer is not the memory's.
    what: "cached memory view",
    pattern: /(cached\w+Memory0) === null \|\| .*?\) \{$/gm,
    replacement: "$1?.buffer !== wasm.memory.buffer) {",
  },
  {
    // An instance of the core or the verifier has one object and is collected with it; what the connector's
    // many share is given back by hand (`resident` in pkg/connector.ts); tasks free themselves.
    what: "finaliser",
    pattern: /^ *\w+Finalization\.(?:un)?register\(.*\);\n|^const \w+Finalization = [^;]*;\n/gm,
    replacement: "",
  },
  {
    what: "Symbol.dispose",
    pattern: /^if \(Symbol\.dispose\) .*\n/gm,
    replacement: "",
  },
  {
    // One of two ways to hand over a text: encode it, then copy it.
    what: "way to encode into memory",
    pattern: /\n    let len = arg\.length;\n[\s\S]*?\n    return ptr;\n(?=\}\n)/,
    replacement: "",
  },
  {
    what: "choice between the ways to encode",
    pattern: /    if \(realloc === undefined\) \{\n([\s\S]*?)\n    \}\n/,
    replacement: "$1\n",
  },
  {
    what: "reallocation",
    pattern: /, (?:wasm\.__wbindgen_)?realloc\)/g,
    replacement: ")",
  },
];

/** a, b, … z, aa, ab, … */
function shortName(index) {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : shortName(Math.floor(index / 26) - 1) + letter;
}
