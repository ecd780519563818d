// From the module, the glue and the wrapper's TypeScript to what npm users get, in pkg/dist.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { wordsModule } from "./codes.mjs";
import { must, root } from "./run.mjs";

const FALLBACK = "core-js.js";
const MODULE = "portcullis.wasm";
const WORDS = "texts.js";

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
  "texts.d.ts": `declare const texts: Readonly<Record<string, readonly [sentence: string, remedy: string]>>;
export default texts;
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

/** Adds to the generated files in `folder` the module as text, the words of the codes and the types of all. */
export async function embedModule(folder) {
  const { gzipAsync } = (await import("@gfx/zopfli")).default;
  const gzip = await gzipAsync(await readFile(join(folder, MODULE)), { numiterations: 15 });
  const base64 = Buffer.from(gzip).toString("base64");
  await writeFile(join(folder, "module.js"), `export const moduleBase64 = "${base64}";\n`);
  await writeFile(join(folder, WORDS), await wordsModule());
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
    must(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"]),
    ...[FALLBACK, WORDS, MODULE].map((file) => copyFile(join(folder, file), join(dist, file))),
  ]);
}

/** The translation to JavaScript and the words stay files of their own, loaded only when needed. */
const keepApart = {
  name: "keep-apart",
  setup(build) {
    build.onResolve({ filter: /\/(core-js|texts)\.js$/ }, ({ path }) => ({ path: `./${basename(path)}`, external: true }));
  },
};
