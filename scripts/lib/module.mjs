// From Rust to the WebAssembly module that a page loads, its glue, and its translation to JavaScript.
//
// One glue serves the module and the translation, so nothing may use reference types: our code is
// compiled without them, and the rest of the toolchain is told so (`announceFeatures`).
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleGlue, nameBoundary } from "./glue.mjs";
import { blankLocations } from "./locations.mjs";
import { must, root, targetDir } from "./run.mjs";
import { WASM_TARGET } from "./rust.mjs";
import { split } from "./split.mjs";
import {
  announceFeatures,
  dropCustomSections,
  initialMemory,
  readSections,
  renameBoundary,
  writeSections,
} from "./wasm.mjs";

const CRATE = "portcullis";

/**
 * The modules that are made of the crate, and what each is kept as: by itself, its glue, its translation
 * to JavaScript, and the text it is embedded as; one text for each half where a page loads halves, which
 * are kept with function names (for reports).
 */
export const MODULES = {
  core: {
    features: "module",
    exported: "Client",
    wasm: "portcullis.wasm",
    halves: { first: "module", late: "late" },
    glue: "glue.js",
    translation: "core-js.js",
  },
  verifier: {
    features: "module,verify",
    exported: "Verifier",
    wasm: "verifier.wasm",
    glue: "verifier-glue.js",
    translation: "verifier-js.js",
    embedded: "verifier-module",
  },
  connector: {
    features: "module,connect",
    exported: "Connector, Gate, GateService, askRelay, previewConnection, validateConnection",
    wasm: "connector.wasm",
    glue: "connector-glue.js",
    translation: "connector-js.js",
    embedded: "connector-module",
  },
};
const RUSTFLAGS = "-Ctarget-feature=-reference-types,-multivalue --cfg sha2_backend_soft=\"compact\"";

// Named one by one: `--all-features` writes encodings of unfinished proposals that no browser loads.
const FEATURES = [
  "--enable-bulk-memory",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
  "--enable-sign-ext",
];
// The linker puts the stack at the bottom of memory, so only an overflowing one gets this far down.
const LOW_MEMORY = ["--low-memory-unused"];
// What LLVM made of loops and branches, taken apart and put together again: 0.7 % of a half's gzip, 1 to
// 2 % of a translation's.
const RESTRUCTURED = ["--flatten", "--rereloop", "-Oz", "-Oz"];

/** Builds everything that comes from Rust for one of `MODULES` into `folder`. */
export async function buildModule(folder, wasmBindgen, module) {
  const work = await mkdtemp(join(folder, "work-"));
  const at = (file) => join(work, file);

  const compiled = await compile(module.features);
  await writeFile(at("input.wasm"), announceFeatures(await readFile(compiled), ["mutable-globals"]));
  await must(join(wasmBindgen, "wasm-bindgen"), [
    ...[at("input.wasm"), "--out-dir", work, "--out-name", CRATE, "--target", "bundler"],
    ...["--no-typescript", "--encode-into", "always"],
  ]);

  const bound = await readFile(at(`${CRATE}_bg.wasm`));
  const glueText = await readFile(at(`${CRATE}_bg.js`), "utf8");
  const names = nameBoundary(bound, glueText);
  const renamed = () => blankLocations(readSections(renameBoundary(bound, names)));
  // names as short as these fit any other build: where a file was not copied anew, the glue must not link
  const [first, short] = names.imports.entries().next().value;
  names.imports.set(first, short + hashOf(writeSections(dropCustomSections(renamed()))));
  await writeFile(at("bound.wasm"), writeSections(renamed()));
  await Promise.all([
    bundleGlue(work, glueText, names, module.exported, join(folder, module.glue)),
    optimise(at("bound.wasm"), at("named.wasm"), ...(module.halves ? ["--converge"] : []))
      .then(() => module.halves && halve(at, folder, names)),
    translate(at, join(folder, module.translation)),
  ]);
  const shipped = dropCustomSections(readSections(await readFile(at("named.wasm"))));
  await writeFile(join(folder, module.wasm), writeSections(shipped));
  await rm(work, { recursive: true });
}

/** Compiles the crate as a cdylib alone: with a second crate type cargo would skip the fat LTO. */
async function compile(features) {
  await must(
    "cargo",
    [
      ...["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", WASM_TARGET],
      ...["--no-default-features", "--features", features],
    ],
    { env: { RUSTFLAGS } },
  );
  return join(targetDir, WASM_TARGET, "release", `${CRATE}.wasm`);
}

async function optimise(input, output, ...more) {
  await binaryen("wasm-opt", [input, "-o", output, ...FEATURES, ...LOW_MEMORY, "-g", "-Oz", ...more]);
}

/** Parts the optimised module, and optimises each half for what its other half took away. */
async function halve(at, folder, { exports }) {
  const named = await readFile(at("named.wasm"));
  await binaryen("wasm-dis", [at("named.wasm"), "-o", at("named.wat"), ...FEATURES]);
  const halves = split(await readFile(at("named.wat"), "utf8"), { memory: initialMemory(named), exports, build: hashOf(named) });
  await Promise.all(Object.entries(halves).map(async ([half, text]) => {
    await writeFile(at(`${half}.wat`), text);
    await binaryen("wasm-as", [at(`${half}.wat`), "-o", at(`${half}.wasm`), "-g", ...FEATURES]);
    await optimise(at(`${half}.wasm`), join(folder, `${half}.wasm`), ...RESTRUCTURED);
  }));
}

/** What tells one build from another. */
const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 8);

/** Lowers the module to WebAssembly's first version and translates that to JavaScript. */
async function translate(at, output) {
  const lowerings = [
    "--signext-lowering",
    "--llvm-nontrapping-fptoint-lowering",
    "--llvm-memory-copy-fill-lowering",
  ];
  const mvp = ["--mvp-features", "--enable-mutable-globals"];
  const lowered = [at("bound.wasm"), "-o", at("lowered.wasm"), "--strip-target-features"];
  await binaryen("wasm-opt", [...lowered, ...FEATURES, ...LOW_MEMORY, ...lowerings, "-Oz", ...RESTRUCTURED]);
  // fails if anything is left to lower
  await binaryen("wasm-opt", [at("lowered.wasm"), "-o", at("mvp.wasm"), ...mvp, "--vacuum"]);
  await binaryen("wasm2js", [at("mvp.wasm"), "-o", at("core.js"), ...mvp, "-Oz"]);

  const { transform } = await import("esbuild");
  const { code } = await transform(asFactory(await readFile(at("core.js"), "utf8")), {
    minify: true,
    target: "es2020",
  });
  await writeFile(output, code);
}

/**
 * Turns wasm2js's module, which instantiates itself on import, into a factory: imports in, exports
 * out. Its helpers keep state, so they go inside as well.
 */
function asFactory(text) {
  const [, body] = /^((?:import .*\n)*)([\s\S]*?)\nvar retasmFunc = asmFunc\(/.exec(text)?.slice(1) ?? [];
  if (body === undefined) throw new Error("wasm2js's output has changed: no call of asmFunc in it");
  return `export default function (imports) {\n${body}\nreturn asmFunc(imports);\n}`;
}

function binaryen(program, args) {
  return must(process.execPath, [join(root, "node_modules/binaryen/bin", program), ...args]);
}
