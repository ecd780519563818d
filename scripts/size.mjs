// `npm run size`: what a portal's sign-in weighs, against its budget; names what grew.
// `npm run size -- --accept` makes today's weights the ones to compare with.
// `npm run size -- --growth` fails only where something has grown beyond those: what `npm test`
// runs for as long as the budget is not met, so that the way there has no steps back.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, dist, generated } from "./build.mjs";
import { MODULES } from "./lib/module.mjs";
import { SetupError, main, must, root } from "./lib/run.mjs";
import { WASM_TARGET } from "./lib/rust.mjs";
import { bundlePortal, contributors, dissect, weigh } from "./lib/weigh.mjs";
import { setUp } from "./setup.mjs";

/** Bytes, gzip -9: what a minimal portal loads before anybody can sign in. */
const BUDGET = 33_000;
/** The same for each part that is loaded only when needed. */
const LAZY_BUDGETS = {
  "late.js": 19_000,
  "core-js.js": 45_000,
  "texts.js": 4_700,
  "verifier.js": 56_000,
  "verifier-js.js": 118_000,
  "popup.js": 700,
  "lease.js": 500,
  "adopt.js": 1_200,
  "vault.js": 900,
  "proof.js": 900,
  "frame.js": 900,
  "diagnosis.js": 2_600,
  "probe.js": 700,
};

/** The same for entries that a portal does not need to sign in, and what they load without WebAssembly. */
const ENTRY_BUDGETS = {
  "connect.js": 169_000,
  "connector-js.js": 282_000,
  "testing.js": 8_600,
};

const BASELINE = join(root, "scripts/size-baseline.json");
const TOP = 10;
/** How much more a build may weigh than the accepted one before it counts as growth. */
const TOLERANCE = 1.01;

await main(import.meta, async () => {
  await setUp();
  await build();
  const { portal, lazy } = await bundlePortal(dist);
  const total = weigh(portal);
  const parts = await contributors(generated);
  const { functions, modules, sections } = dissect(await readFile(join(generated, "first.wasm")));
  const lazyWeights = Object.fromEntries(Object.entries(lazy).map(([name, text]) => [name, weigh(text)]));
  const entries = Object.keys(ENTRY_BUDGETS).map(async (name) => [name, weigh(await readFile(join(dist, name)))]);
  const entryWeights = Object.fromEntries(await Promise.all(entries));
  const now = { total, parts, lazy: lazyWeights, entries: entryWeights, sections, modules };

  const over = [];
  print("Loaded first", { "sign-in portal": total }, { "sign-in portal": BUDGET }, over);
  print("Loaded when needed", lazyWeights, LAZY_BUDGETS, over);
  print("Entries of their own", entryWeights, ENTRY_BUDGETS, over);
  list("Made of, gzip bytes", parts);
  list("Module, raw bytes by section", sections);
  list(`Module, the ${TOP} largest functions, raw bytes`, functions, TOP);
  const baseline = JSON.parse(await readFile(BASELINE, "utf8").catch(() => "null"));
  if (baseline) printGrowth(baseline, now);
  await refuseStd();

  if (process.argv.includes("--accept")) await writeFile(BASELINE, `${JSON.stringify(now, sorted, 2)}\n`);
  const missed = over.length > 0 ? `\nOver budget: ${over.join("; ")}.` : "";
  if (!process.argv.includes("--growth")) {
    if (missed) throw new SetupError(missed);
    return;
  }
  if (missed) console.log(missed);
  const grown = baseline ? growth(baseline, now) : ["no weights have been accepted yet"];
  if (grown.length > 0) throw new SetupError(`\nGrown: ${grown.join("; ")}.`);
});

/** What weighs more than was accepted, beyond what another compiler's build may differ by. */
function growth(baseline, now) {
  const weights = ({ total, lazy, entries }) => ({ "sign-in portal": total, ...lazy, ...entries });
  const accepted = weights(baseline);
  return Object.entries(weights(now))
    .filter(([name, { gzip }]) => gzip > (accepted[name]?.gzip ?? 0) * TOLERANCE)
    .map(([name, { gzip }]) => `${name} has ${number(gzip)} bytes, accepted were ${number(accepted[name]?.gzip)}`);
}

function print(title, weights, budgets, over) {
  console.log(`\n${title.padEnd(32)}${["raw", "gzip", "brotli", "budget"].map((c) => c.padStart(9)).join("")}`);
  for (const [name, { raw, gzip, brotli }] of Object.entries(weights)) {
    const budget = budgets[name];
    const cells = [raw, gzip, brotli, budget].map((value) => number(value).padStart(9));
    console.log(`  ${name.padEnd(30)}${cells.join("")}`);
    if (budget === undefined) over.push(`${name} has no budget yet`);
    else if (gzip > budget) over.push(`${name} has ${number(gzip)} bytes, ${number(gzip - budget)} too many`);
  }
}

function list(title, weights, limit = Infinity) {
  console.log(`\n${title}`);
  for (const [name, bytes] of largest(weights).slice(0, limit)) {
    console.log(`  ${number(bytes).padStart(8)}  ${name}`);
  }
}

/** The differences from the accepted weights, by part and by Rust module. */
function printGrowth(baseline, now) {
  const growth = number(now.total.gzip - baseline.total.gzip, "+");
  console.log(`\nSince the accepted weights: ${growth} bytes gzip`);
  for (const [unit, key] of [["gzip", "parts"], ["raw", "modules"], ["raw", "sections"]]) {
    const names = new Set([...Object.keys(baseline[key]), ...Object.keys(now[key])]);
    const changes = [...names].map((name) => [name, (now[key][name] ?? 0) - (baseline[key][name] ?? 0)]);
    const changed = changes.filter(([, bytes]) => bytes !== 0);
    for (const [name, bytes] of changed.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, TOP)) {
      console.log(`  ${number(bytes, "+").padStart(8)} ${unit.padEnd(4)}  ${name}`);
    }
  }
}

/** One crate that turns on wasm-bindgen's std brings the standard library into the module. */
async function refuseStd() {
  // the verifier has all that the core has
  const tree = await must("cargo", [
    ...["tree", "--edges", "normal,features", "--target", WASM_TARGET, "--prefix", "none"],
    ...["--no-default-features", "--features", MODULES.verifier.features],
  ]);
  if (!/^wasm-bindgen feature "std"/m.test(tree)) return;
  throw new SetupError("A dependency turns on wasm-bindgen/std: `cargo tree -e features -i wasm-bindgen` says which.");
}

function largest(weights) {
  return Object.entries(weights).sort((a, b) => b[1] - a[1]);
}

function number(value, plus = "") {
  if (value === undefined) return "none";
  return `${value > 0 ? plus : ""}${value.toLocaleString("en")}`;
}

/** JSON with the keys of objects in order, so that accepting changes few lines. */
function sorted(_, value) {
  if (value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
