// What a page loads, made as small as it gets once it is compressed: esbuild bundles, terser minifies.
import { writeFile } from "node:fs/promises";

/** A module that is embedded as text. */
const EMBEDDED = /"[\w+/=]{10000,}"/;

/** Writes the files of an esbuild result, each minified. */
export function writeMinified({ outputFiles }) {
  return Promise.all(outputFiles.map(async ({ path, text }) => writeFile(path, await minified(text))));
}

/** Text that compresses alike stays together, so an embedded module comes first, and is not moved to where it is used. */
async function minified(text) {
  const { minify } = await import("terser");
  const [embedded] = EMBEDDED.exec(text) ?? [];
  const { code } = await minify(embedded ? text.replace(embedded, "EMBEDDED") : text, {
    module: true,
    ecma: 2020,
    compress: { passes: 3 },
  });
  return embedded ? `const EMBEDDED=${embedded};${code}\n` : `${code}\n`;
}
