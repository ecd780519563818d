// From the module, the glue and the wrapper's TypeScript to what npm users get, in pkg/dist.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { findingsModule, wordsModule } from "./codes.mjs";
import { buildCommonjs, declareCommonjs } from "./commonjs.mjs";
import { CHUNKS } from "./glue.mjs";
import { writeMinified } from "./minify.mjs";
import { MODULES } from "./module.mjs";
import { packModule } from "./pack.mjs";
import { must, root } from "./run.mjs";
import { dropCustomSections, readSections, writeSections } from "./wasm.mjs";

const WORDS = "texts.js";
const FINDINGS = "findings.js";
/** Files of pkg/ that are loaded when they are needed. */
const LAZY = ["verifier", "diagnosis"];
const TRANSLATIONS = Object.values(MODULES).map(({ translation }) => translation);
/** Generated files that stay apart, so that each is loaded only when needed. */
const APART = [...TRANSLATIONS, "late.js", WORDS];

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
  "late.d.ts": `export declare const lateBase64: string;
`,
  "texts.d.ts": `import type { Report } from "../words.js";
export declare function words(report: Report): readonly [sentence?: string, remedy?: string];
`,
  "findings.d.ts": `export declare const ids: readonly string[];
export declare const findings: readonly (readonly [sentence: string, remedy?: string])[];
`,
  "core-js.d.ts": translated,
  "verifier-glue.d.ts": `import type { Verifier, VerifierHost } from "../verifier.js";
export declare function createGlue(): {
  readonly imports: WebAssembly.Imports;
  start(exports: Record<string, unknown>): void;
  readonly Verifier: new (host: VerifierHost, onTheEdge: boolean) => Verifier;
};
`,
  "verifier-module.d.ts": embedded,
  "connector-glue.d.ts": `import type { ConnectorGlue } from "../connector.js";
export declare function createGlue(): ConnectorGlue;
`,
  "connector-module.d.ts": embedded,
  "connector-js.d.ts": translated,
  "popup.d.ts": `export declare function visit(popup: Window, url: string, state: string, seconds: number): Promise<string>;
export declare function handOver(url: string, state: string): Promise<boolean>;
`,
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

/** Adds to the generated files in `folder` a module as text, or its halves. */
export async function embedModule(folder, { wasm, embedded, halves }) {
  if (!halves) return embed(wasm, embedded, "module");
  await Promise.all(Object.entries(halves).map(([half, name]) => embed(`${half}.wasm`, name, name)));

  async function embed(file, name, constant) {
    const { gzipAsync } = (await import("@gfx/zopfli")).default;
    const shipped = dropCustomSections(readSections(await readFile(join(folder, file))));
    const packed = await packModule(writeSections(shipped));
    const gzip = await gzipAsync(packed, { numiterations: 15, blocksplittingmax: 0 });
    const base64 = Buffer.from(gzip).toString("base64");
    await writeFile(join(folder, `${name}.js`), `export const ${constant}Base64 = "${base64}";\n`);
  }
}

/** Adds to the generated files in `folder` the words of codes and findings and the types of all. */
export async function declareModules(folder) {
  await writeFile(join(folder, WORDS), await wordsModule());
  await writeFile(join(folder, FINDINGS), await findingsModule());
  for (const [file, text] of Object.entries(DECLARATIONS)) {
    await writeFile(join(folder, file), text);
  }
}

/** Writes pkg/dist anew from pkg/*.ts and the generated files in `folder`. */
export async function buildPackage(folder, dist) {
  const { build } = await import("esbuild");
  const sourceOf = (name) => join(root, "pkg", `${name}.ts`);
  const chunkOf = (file) => join(root, "src/platform/web", file);
  const sources = (names) => Object.fromEntries(names.map((name) => [name, sourceOf(name)]));
  const names = await entries();
  const lazy = {
    ...sources(LAZY),
    ...Object.fromEntries(CHUNKS.map((file) => [basename(file, ".js"), chunkOf(file)])),
    late: join(folder, "late.js"),
    texts: join(folder, WORDS),
  };
  const shared = {
    outdir: dist,
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    legalComments: "none",
  };
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await Promise.all([
    build({
      ...shared,
      entryPoints: [...names, ...LAZY].map(sourceOf),
      plugins: [keepApart],
    }).then(writeMinified),
    build({ ...shared, entryPoints: CHUNKS.map(chunkOf) }).then(writeMinified),
    buildCommonjs(sources(names), lazy, { dist, translations: TRANSLATIONS }),
    must(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"]).then(() => declareCommonjs(dist)),
    ...[...APART, MODULES.core.wasm].map((file) => copyFile(join(folder, file), join(dist, file))),
  ]);
}

/** Leaves the imports of those files as they are. */
const keepApart = {
  name: "keep-apart",
  setup(build) {
    const files = [...APART, ...CHUNKS, ...LAZY.map((name) => `${name}.js`)];
    build.onResolve({ filter: /\.js$/ }, ({ path, kind }) => {
      const file = basename(path);
      return files.includes(file) && kind !== "entry-point" ? { path: `./${file}`, external: true } : undefined;
    });
  },
};
