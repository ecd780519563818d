// `npm test`: sets up, builds, and runs every check there is. A failing check does not stop the
// later ones. The last line counts them all.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fuzz } from "./fuzz.mjs";
import { USUAL_ENGINES, ensureEngines, installed, testsOf } from "./lib/engines.mjs";
import { MODULES } from "./lib/module.mjs";
import { Report, Skipped, cargoTests, check, nodeTests } from "./lib/steps.mjs";
import { main, must, root } from "./lib/run.mjs";
import { WASM_TARGET, ensureCargoDeny } from "./lib/rust.mjs";
import { setUp, setUpBrowsers } from "./setup.mjs";

const WASM = ["--target", WASM_TARGET];
const shipped = ({ features }) => [...WASM, "--no-default-features", "--features", features];
const DENY_WARNINGS = ["--", "-D", "warnings"];
// A run compiles nearly everything once; what would speed up the next one is not worth its time.
process.env.CARGO_INCREMENTAL ??= "0";

await main(import.meta, async () => {
  const report = new Report();
  let wasmBindgen;
  const isSetUp = await report.step("set up", async () => {
    wasmBindgen = await setUp();
    return { passed: 1 };
  });
  if (isSetUp) await checkAll(report, wasmBindgen);
  if (!report.close()) process.exitCode = 1;
});

async function checkAll(report, wasmBindgen) {
  // installing browsers takes the network, not the processors
  let programs;
  const browsers = report.step("set up browsers", async () => {
    programs = await setUpBrowsers();
    return { passed: 1 };
  });
  const providers = browsers.then(() => report.step("set up providers", async () => {
    const missing = await ensureEngines(USUAL_ENGINES);
    if (missing.length > 0) throw new Skipped(missing.join("\n"));
    return { passed: 1 };
  }));
  // Neither lane waits for the other; what drives whole pages comes last, when nothing slows it down.
  const built = report.step("build", buildPackage);
  const isReady = Promise.all([built, browsers]).then((done) => done.every(Boolean));
  await Promise.all([
    checkRust(report).then(async () => {
      if (await browsers) await webTests(report, wasmBindgen, programs);
      if (await isReady) await checkExchanges(report, environment(programs));
    }),
    built.then(async (isBuilt) => {
      if (isBuilt) await checkPackage(report);
      await report.step("fuzzing, 5 s each", () => fuzz({ seconds: 5 }));
    }),
  ]);
  await providers;
  if (await isReady) await checkInBrowsers(report, environment(programs));
}

async function checkRust(report) {
  await report.step("rustfmt", () => check("cargo", ["fmt", "--check"]));
  await report.step("rustfmt, fuzz targets", () => check("cargo", ["fmt", "--check"], { cwd: join(root, "fuzz") }));
  await report.step("clippy, native", () => clippy(["--all-targets"]));
  for (const [name, module] of Object.entries(MODULES)) {
    await report.step(`clippy, wasm32: ${name}`, () => clippy(["--lib", ...shipped(module)]));
  }
  await report.step("rustdoc", () =>
    check("cargo", ["doc", "--no-deps", "--lib"], { env: { RUSTDOCFLAGS: "-Dwarnings" } }),
  );
  await report.step("Rust tests, native", () => cargoTests(["--no-fail-fast"]));
  await report.step("licences, sources, duplicates", () => deny("bans", "licenses", "sources"));
  await report.step("advisories", advisories);
}

async function buildPackage() {
  const { build } = await import("./build.mjs");
  await build();
  return { passed: 1 };
}

async function checkPackage(report) {
  const tool = (path, ...args) => check(process.execPath, [join("node_modules", path), ...args]);
  await report.step("TypeScript", () => tool("typescript/bin/tsc", "--strict", "--noEmit"));
  await report.step("TypeScript documentation", async () => {
    const { entries } = await import("./lib/package.mjs");
    const files = (await entries()).map((name) => `pkg/${name}.ts`);
    return tool(
      "typedoc/bin/typedoc",
      ...["--entryPoints", ...files, "--emit", "none", "--disableSources", "--treatWarningsAsErrors"],
      ...["--validation.notExported", "--validation.invalidLink", "--readme", "none"],
    );
  });
  await nodeStep(report, "wrapper tests", "tests/wrapper");
  await nodeStep(report, "documentation tests", "tests/docs");
  await report.step("size has not grown", () => check(process.execPath, ["scripts/size.mjs", "--growth"], { tell: true }));
}

async function webTests(report, wasmBindgen, { chromedriver }) {
  const web = await webTestTargets();
  if (web.length === 0) return;
  await report.step("Rust tests, Chromium", () =>
    cargoTests([...WASM, "--no-default-features", ...web.flatMap((name) => ["--test", name])], {
      env: {
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: join(wasmBindgen, "wasm-bindgen-test-runner"),
        CHROMEDRIVER: chromedriver,
        WASM_BINDGEN_TEST_ONLY_WEB: "1",
        WASM_BINDGEN_TEST_TIMEOUT: "120",
      },
    }),
  );
}

/** What tells the tests where they are. */
function environment({ chromium, firefox, webkit, xvfb, redis }) {
  return {
    PORTCULLIS_CHROMIUM: chromium,
    ...(webkit && xvfb && { PORTCULLIS_WEBKIT: webkit, PORTCULLIS_XVFB: xvfb }),
    ...(firefox && { PORTCULLIS_FIREFOX: firefox }),
    ...(redis && { PORTCULLIS_REDIS: redis }),
  };
}

/** Exchanges with servers, nearly all without a page. */
async function checkExchanges(report, env) {
  await nodeStep(report, "tests of connections", "tests/connect", { env });
  await nodeStep(report, "tests at a hostile provider", "tests/hostile", { env });
}

async function checkInBrowsers(report, env) {
  await nodeStep(report, "end-to-end tests", "tests/e2e", { env, together: 2 });
  await report.step("tests at other providers", async () => {
    const there = await installed(USUAL_ENGINES);
    if (there.length === 0) throw new Skipped("None of them could be installed.");
    return nodeTests(testsOf(there), { env });
  });
  await nodeStep(report, "playground tests", "tests/playground", { env });
  await nodeStep(report, "packaging tests", "tests/packaging", { env });
}

function clippy(args) {
  return check("cargo", ["clippy", ...args, ...DENY_WARNINGS]);
}

async function deny(...checks) {
  const program = join(await ensureCargoDeny(), "cargo-deny");
  return check(program, ["check", ...checks]);
}

/** Known vulnerabilities come from a database on the network, which not every machine reaches. */
async function advisories() {
  const program = join(await ensureCargoDeny(), "cargo-deny");
  const result = await check(program, ["check", "advisories"]);
  if (result.failed && /failed to fetch advisory database/.test(result.output)) {
    throw new Skipped("The advisory database cannot be fetched from this machine.");
  }
  return result;
}

/** Runs a folder's `*.test.mjs`, so many files `together`; a folder without any is no step. */
async function nodeStep(report, name, folder, options) {
  const files = await readdir(join(root, folder)).catch(() => []);
  const tests = files.filter((file) => file.endsWith(".test.mjs")).sort();
  if (tests.length === 0) return;
  await report.step(name, () => nodeTests(tests.map((file) => `${folder}/${file}`), options));
}

/** Names of the integration tests that need a browser: those below tests/ whose path starts with web. */
async function webTestTargets() {
  const metadata = JSON.parse(await must("cargo", ["metadata", "--no-deps", "--format-version", "1"]));
  return metadata.packages
    .flatMap(({ targets }) => targets)
    .filter(({ kind, src_path }) => kind.includes("test") && /[\\/]tests[\\/]web\b/.test(src_path))
    .map(({ name }) => name);
}
