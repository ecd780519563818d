// The package for those who `require` it: each entry as a `.cjs` file, with types of its own.
//
// Test runners that run files in a context of `vm` refuse `import()`, so whatever is loaded when it is needed
// is required then. Only the translations, which nothing needs that has WebAssembly, stay as they are.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

/** Writes `entries` and what they load when it is needed, `lazy`, into `dist`; both are sources by name. */
export async function buildCommonjs(entries, lazy, { dist, translations }) {
  const { build } = await import("esbuild");
  await build({
    entryPoints: { ...entries, ...lazy },
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    minify: true,
    format: "cjs",
    platform: "neutral",
    target: "es2022",
    legalComments: "none",
    plugins: [requireLate(lazy, translations)],
  });
}

/** A `.d.cts` beside each `.d.ts` in `dist`: TypeScript takes the latter for those of modules alone. */
export async function declareCommonjs(dist) {
  const names = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith(".d.ts"));
  await Promise.all(names.map(async (name) => {
    const text = await readFile(join(dist, name), "utf8");
    const adapted = text.replace(/((?:\bfrom |\bimport\()"\.{1,2}\/[^"]+)\.js"/g, '$1.cjs"');
    await writeFile(join(dist, name.replace(/\.d\.ts$/, ".d.cts")), adapted);
  }));
}

/** Requires files of their own when they are needed, and leaves the import of the translations. */
function requireLate(lazy, translations) {
  return {
    name: "require-late",
    setup(build) {
      build.onResolve({ filter: /\.js$/ }, ({ path, kind }) => {
        const file = basename(path);
        const name = basename(file, ".js");
        if (kind === "entry-point") return undefined;
        if (translations.includes(file)) return { path: `./${file}`, external: true };
        if (!Object.hasOwn(lazy, name)) return undefined;
        return kind === "dynamic-import" ? { path: name, namespace: "late" } : { path: `./${name}.cjs`, external: true };
      });
      build.onResolve({ filter: /\.cjs$/, namespace: "late" }, ({ path }) => ({ path, external: true }));
      build.onLoad({ filter: /^/, namespace: "late" }, ({ path }) => ({ contents: `module.exports = require("./${path}.cjs");`, loader: "js" }));
    },
  };
}
