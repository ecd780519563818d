// `npm run fuzz -- [target] [seconds] [--keep]`: libFuzzer against every reader of foreign bytes, or
// one of them; a minute each unless told otherwise. With `--keep` what reached new code becomes part
// of the inputs that every run starts with. `npm test` runs all of them for five seconds each.
import { availableParallelism } from "node:os";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SetupError, main, must, root, run, targetDir, which } from "./lib/run.mjs";
import { ensureCargoFuzz, ensureToolchain, hostTriple } from "./lib/rust.mjs";
import { Skipped } from "./lib/steps.mjs";

const HOME = join(root, "fuzz");
const BUILD = join(targetDir, "fuzz");
/** Seconds for one input: fifty times what any may take, so that a busy machine is no finding. */
const TIMEOUT = 3;
/** Bytes: the length that times are promised for, and that of inputs which are kept. */
const [LONGEST, LONGEST_KEPT] = [64 << 10, 1 << 10];

/**
 * Runs each target for `seconds`, as many at once as there are processors. Resolves with counts
 * and one line for each target; for one that failed, with all that it printed.
 */
export async function fuzz({ seconds, targets, keep = false }) {
  const programs = await buildTargets();
  const waiting = targets ?? (await allTargets());
  const results = new Map(waiting.map((target) => [target, undefined]));
  const queue = [...waiting];
  const worker = async () => {
    for (let target = queue.shift(); target; target = queue.shift()) {
      results.set(target, await runTarget(programs, target, seconds, keep));
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), queue.length) }, worker));
  const failed = [...results.values()].filter(({ passed }) => !passed).length;
  return {
    passed: results.size - failed,
    failed,
    output: [...results].map(([target, { said }]) => `${target.padEnd(10)} ${said}`).join("\n"),
  };
}

/** Names of the targets: a file each. */
async function allTargets() {
  const files = await readdir(join(HOME, "fuzz_targets"));
  return files.map((file) => file.replace(/\.rs$/, "")).sort();
}

/** Folder of the programs, built anew where the source has changed. */
async function buildTargets() {
  // libFuzzer is C++. It needs no nightly toolchain as long as no sanitizer is asked for, and there
  // is no unsafe code that one could watch.
  const compilers = [process.env.CXX, "c++", "g++", "clang++"].filter(Boolean);
  if (!(await Promise.all(compilers.map(which))).some(Boolean)) {
    throw new Skipped("Nothing was fuzzed: libFuzzer needs a C++ compiler, and there is none.");
  }
  const tool = join(await ensureCargoFuzz(), "cargo-fuzz");
  await must(tool, ["build", "--sanitizer", "none", "--target-dir", BUILD], { cwd: root });
  return join(BUILD, await hostTriple(), "release");
}

async function runTarget(programs, target, seconds, keep) {
  const program = join(programs, target);
  const kept = join(HOME, "corpus", target);
  const artifacts = join(HOME, "artifacts", target, "/");
  await mkdir(artifacts, { recursive: true });
  // libFuzzer writes into the first folder, so that the second stays as it is
  const found = await mkdtemp(join(BUILD, `${target}-`));
  try {
    const { code, output } = await run(program, [
      ...[found, kept, `-dict=${join(HOME, "words.dict")}`, `-artifact_prefix=${artifacts}`],
      ...[`-max_total_time=${seconds}`, `-timeout=${TIMEOUT}`, `-max_len=${LONGEST}`],
      "-print_final_stats=1",
    ], { limit: 2000 * seconds + 60_000 });
    if (code !== 0) return { passed: false, said: `failed (${code})\n${output}` };
    // as few as reach all the code there is, however often
    const few = ["-set_cover_merge=1", "-use_counters=0", `-max_len=${LONGEST_KEPT}`];
    if (keep) await must(program, [...few, kept, found]);
    const runs = Number(/^stat::number_of_executed_units: (\d+)$/m.exec(output)?.[1] ?? 0);
    const edges = Number([...output.matchAll(/ cov: (\d+) /g)].at(-1)?.[1] ?? 0);
    // a fuzzer that sees nothing of what it runs is none
    if (edges === 0) return { passed: false, said: `reports no coverage\n${output}` };
    return { passed: true, said: `${runs} inputs, ${edges} edges reached` };
  } finally {
    await rm(found, { recursive: true });
  }
}

await main(import.meta, async () => {
  const words = process.argv.slice(2).filter((word) => word !== "--keep");
  const known = await allTargets();
  const targets = words.filter((word) => known.includes(word));
  const numbers = words.filter((word) => /^[1-9]\d*$/.test(word));
  const unknown = words.find((word) => !targets.includes(word) && !numbers.includes(word));
  if (unknown) throw new SetupError(`${unknown} is neither seconds nor one of: ${known.join(", ")}`);
  await ensureToolchain();
  const { failed, output } = await fuzz({
    seconds: Number(numbers.at(-1) ?? 60),
    targets: targets.length > 0 ? targets : undefined,
    keep: process.argv.includes("--keep"),
  });
  console.log(output);
  if (failed > 0) throw new SetupError(`\n${failed} failed; what led there is in fuzz/artifacts.`);
});
