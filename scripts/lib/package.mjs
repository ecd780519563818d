// From the module, the glue and the wrapper's TypeScript to what npm users get, in pkg/dist.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { MODULES } from "./module.mjs";
import { must, root } from "./run.mjs";

/** Files of pkg/dist that are loaded only when needed, and so are no part of those that load them. */
const TRANSLATIONS = Object.values(MODULES).map(({ translation }) => translation);
const VERIFIER = "verifier";

const translated = `export default function (imports: WebAssembly.Imports): Record<string, unknown>;
`;
const embedded = `export declare const moduleBase64: string;
`;
/** Types of the generated files that pkg/*.ts import. */
const DECLARATIONS = {
  "glue.d.ts": `import type { CoreClient, CoreHost } from "../load.js";
export declare function createGlue(): {
  readonly imports: WebAssembly.Imports;
  start(exports: Record<string, unknown>): void;
  readonly Client: new (options: string, host: CoreHost) => CoreClient;
};
`,
  "module.d.ts": embedded,
  "core-js.d.ts": translated,
  "verifier-glue.d.ts": `import type { Verifier, VerifierHost } from "../verifier.js";
export declare function createGlue(): {
  readonly imports: WebAssembly.Imports;
  start(exports: Record<string, unknown>): void;
  readonly Verifier: new (host: VerifierHost) => Verifier;
};
`,
  "verifier-module.d.ts": embedded,
  "verifier-js.d.ts": translated,
};

/** The package's entries, by name: what package.json's exports say is built. */
export async function entries() {
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  return Object.values(exports)
    .map((target) => target.default)
    .filter(Boolean)
    .map((file) => basename(file, ".js"));
}

/** Adds to the generated files in `folder` a module as text. */
export async function embedModule(folder, { wasm, embedded }) {
  const { gzipAsync } = (await import("@gfx/zopfli")).default;
  const gzip = await gzipAsync(await readFile(join(folder, wasm)), { numiterations: 15 });
  const base64 = Buffer.from(gzip).toString("base64");
  await writeFile(join(folder, embedded), `export const moduleBase64 = "${base64}";\n`);
}

/** Adds to the generated files in `folder` the types of all. */
export async function declareModules(folder) {
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
      entryPoints: [...(await entries()), VERIFIER].map((name) => join(root, "pkg", `${name}.ts`)),
      outdir: dist,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      legalComments: "none",
      plugins: [keepApart],
    }),
    must(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"]),
    ...[...TRANSLATIONS, MODULES.core.wasm].map((file) => copyFile(join(folder, file), join(dist, file))),
  ]);
}

/** The verifier and the translations stay files of their own, so that each is loaded only when needed. */
const keepApart = {
  name: "keep-apart",
  setup(build) {
    const files = [...TRANSLATIONS, `${VERIFIER}.js`];
    build.onResolve({ filter: /^\.\/(build\/)?[\w-]+\.js$/ }, ({ path, kind }) => {
      const file = basename(path);
      return files.includes(file) && kind !== "entry-point" ? { path: `./${file}`, external: true } : undefined;
    });
  },
};
