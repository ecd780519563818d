// From the module, the glue and the wrapper's TypeScript to what npm users get, in pkg/dist.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { CHUNKS } from "./glue.mjs";
import { must, root } from "./run.mjs";

const FALLBACK = "core-js.js";
const MODULE = "portcullis.wasm";

/** Types of the generated files that `pkg/load.ts` imports. */
const DECLARATIONS = {
  "glue.d.ts": `import type { CoreClient, CoreHost } from "../load.js";
export declare function createGlue(): {
  readonly imports: WebAssembly.Imports;
  start(exports: Record<string, unknown>): void;
  readonly Client: new (options: string, host: CoreHost) => CoreClient;
};
`,
  "module.d.ts": `export declare const moduleBase64: string;
`,
  "core-js.d.ts": `export default function (imports: WebAssembly.Imports): Record<string, unknown>;
`,
};

/** The package's entries, by name: what package.json's exports say is built. */
export async function entries() {
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  return Object.values(exports)
    .map((target) => target.default)
    .filter(Boolean)
    .map((file) => basename(file, ".js"));
}

/** Adds to the generated files in `folder` the module as text and the types of all. */
export async function embedModule(folder) {
  const { gzipAsync } = (await import("@gfx/zopfli")).default;
  const gzip = await gzipAsync(await readFile(join(folder, MODULE)), { numiterations: 15 });
  const base64 = Buffer.from(gzip).toString("base64");
  await writeFile(join(folder, "module.js"), `export const moduleBase64 = "${base64}";\n`);
  for (const [file, text] of Object.entries(DECLARATIONS)) {
    await writeFile(join(folder, file), text);
  }
}

/** Writes pkg/dist anew from pkg/*.ts and the generated files in `folder`. */
export async function buildPackage(folder, dist) {
  const { build } = await import("esbuild");
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await Promise.all([
    build({
      entryPoints: (await entries()).map((name) => join(root, "pkg", `${name}.ts`)),
      outdir: dist,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      legalComments: "none",
      plugins: [keepApart],
    }),
    build({
      entryPoints: CHUNKS.map((name) => join(root, "src/platform/web", name)),
      outdir: dist,
      minify: true,
      format: "esm",
      target: "es2022",
    }),
    must(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"]),
    copyFile(join(folder, FALLBACK), join(dist, FALLBACK)),
    copyFile(join(folder, MODULE), join(dist, MODULE)),
  ]);
}

/** What is loaded only when needed stays in files of its own. */
const keepApart = {
  name: "keep-apart",
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ path }) => {
      const name = basename(path);
      return [FALLBACK, ...CHUNKS].includes(name) ? { path: `./${name}`, external: true } : undefined;
    });
  },
};
