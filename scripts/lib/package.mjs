// From the module, the glue and the wrapper's TypeScript to what npm users get, in pkg/dist.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { wordsModule } from "./codes.mjs";
import { CHUNKS } from "./glue.mjs";
import { must, root } from "./run.mjs";
import { dropCustomSections, readSections, writeSections } from "./wasm.mjs";

/** Files that stay apart, so that each is loaded only when needed. */
const WORDS = "texts.js";
const APART = ["core-js.js", "late.js", WORDS];
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
  "late.d.ts": `export declare const lateBase64: string;
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

/** Adds to the generated files in `folder` the module's halves as text, the words of the codes and the types of all. */
export async function embedModule(folder) {
  await Promise.all([embed("first.wasm", "module"), embed("late.wasm", "late")]);
  await writeFile(join(folder, WORDS), await wordsModule());
  for (const [file, text] of Object.entries(DECLARATIONS)) {
    await writeFile(join(folder, file), text);
  }

  async function embed(half, name) {
    const { gzipAsync } = (await import("@gfx/zopfli")).default;
    const shipped = dropCustomSections(readSections(await readFile(join(folder, half))));
    const gzip = await gzipAsync(writeSections(shipped), { numiterations: 15 });
    const base64 = Buffer.from(gzip).toString("base64");
    await writeFile(join(folder, `${name}.js`), `export const ${name}Base64 = "${base64}";\n`);
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
    ...[...APART, MODULE].map((file) => copyFile(join(folder, file), join(dist, file))),
  ]);
}

/** Leaves the imports of those files as they are. */
const keepApart = {
  name: "keep-apart",
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ path }) => {
      const file = basename(path);
      return [...APART, ...CHUNKS].includes(file) ? { path: `./${file}`, external: true } : undefined;
    });
  },
};
