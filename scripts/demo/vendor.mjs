/** Libraries of the demo's own pages, each bundled into one module that a strict policy lets in. */
import { build } from "esbuild";

import { pathOf } from "./files.mjs";

/** What the pages import, by path: the diagram's data join. */
const LIBRARIES = { "/vendor/d3-selection.js": "d3-selection" };

const bundled = new Map();

/** The text of the module at `path`, or undefined if there is none. Bundled when it is first asked for. */
export async function vendored(path) {
  const name = Object.hasOwn(LIBRARIES, path) ? LIBRARIES[path] : undefined;
  if (!name) return undefined;
  if (!bundled.has(name)) bundled.set(name, bundle(name));
  return bundled.get(name);
}

async function bundle(name) {
  const { outputFiles: [file] } = await build({
    stdin: { contents: `export * from "${name}";`, resolveDir: pathOf(".") },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return file.text;
}
