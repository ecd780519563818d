// `npm run build`: the crate and the wrapper become pkg/dist.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { MODULES, buildModule } from "./lib/module.mjs";
import { buildPackage, declareModules, embedModule } from "./lib/package.mjs";
import { main, must, root } from "./lib/run.mjs";
import { ensureWasmBindgen } from "./lib/rust.mjs";
import { hashOf, unlessStamped } from "./lib/stamp.mjs";
import { setUp } from "./setup.mjs";

/** Generated, not tracked: the module, its glue and its translation, before they are packed. */
export const generated = join(root, "pkg/build");
/** What the npm package holds. */
export const dist = join(root, "pkg/dist");

const MODULE_INPUTS = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "src", "pkg/unpack.ts"];
const TOOLS = ["package.json", "package-lock.json", "scripts/lib", "tsconfig.json", "tsconfig.build.json"];

/** Builds what has changed since the last build; the project must be set up (`setUp`). */
export async function build() {
  await mkdir(generated, { recursive: true });
  const wasmBindgen = await ensureWasmBindgen();
  const moduleHash = await hashOf([...MODULE_INPUTS, ...TOOLS], [await must("rustc", ["-vV"])]);
  const at = (file) => join(generated, file);
  let rebuilt = false;
  for (const [name, module] of Object.entries(MODULES)) {
    const stamp = at(name === "core" ? "module.stamp" : `${name}.stamp`);
    rebuilt = await unlessStamped(stamp, moduleHash, at(module.glue), async () => {
      console.log(`building the module: ${name}`);
      await buildModule(generated, wasmBindgen, module);
      await embedModule(generated, module);
      await declareModules(generated);
    }) || rebuilt;
  }

  const inputs = (await readdir(join(root, "pkg"))).filter((name) => !["build", "dist"].includes(name));
  const packageHash = await hashOf(inputs.map((name) => `pkg/${name}`), [moduleHash]);
  const repacked = await unlessStamped(at("package.stamp"), packageHash, dist, async () => {
    console.log("building the package");
    await buildPackage(generated, dist);
  });
  if (!rebuilt && !repacked) console.log("pkg/dist is up to date");
}

await main(import.meta, async () => {
  await setUp();
  await build();
});
