// Named checks: run, timed, counted, and summed up in one table.
import { SetupError, run } from "./run.mjs";

const HANG = new URL("hang.mjs", import.meta.url).href;
const OUTPUT_LINES = 250;
/** Milliseconds after which a file of tests is taken to hang; none takes nearly as long. */
const FILE_LIMIT = 400_000;
/** After which one that does not even notice is ended. */
const LAST_LIMIT = FILE_LIMIT + 30_000;

/** A check that cannot be made here: counted as skipped, with the reason. */
export class Skipped extends SetupError {}

/** Collects results of steps; one broken step never stops the others. */
export class Report {
  #results = [];

  /**
   * Runs `work` and prints how it went. `work` resolves with counts `{ passed, failed, skipped }`,
   * and with the `output` that explains a failure. Resolves with whether nothing failed.
   */
  async step(name, work) {
    const started = performance.now();
    const result = await work().catch((error) => ({
      [error instanceof Skipped ? "skipped" : "failed"]: 1,
      output: error instanceof SetupError ? error.message : error.stack,
    }));
    const seconds = (performance.now() - started) / 1000;
    const { output, ...counts } = { passed: 0, failed: 0, skipped: 0, ...result };
    this.#results.push({ name, seconds, ...counts });
    console.log(`${verdict(counts)}  ${name}  (${seconds.toFixed(1)} s)`);
    if (output) console.log(lastLines(output).replace(/^/gm, "    "));
    return counts.failed === 0;
  }

  /** Prints the table and the closing line; returns whether nothing failed. */
  close() {
    const width = Math.max(...this.#results.map(({ name }) => name.length));
    console.log();
    for (const { name, seconds, ...counts } of this.#results) {
      const numbers = describe(counts);
      console.log(`${verdict(counts)}  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(7)} s  ${numbers}`);
    }
    const sum = (key) => this.#results.reduce((total, result) => total + result[key], 0);
    const total = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
    console.log(`\n${describe(total)}`);
    return total.failed === 0;
  }
}

/** A program that passes or fails as a whole; with `tell` its output is shown in any case. */
export async function check(program, args, { tell = false, ...options } = {}) {
  const { code, output } = await run(program, args, options);
  return code === 0 ? { passed: 1, output: tell ? output : undefined } : { failed: 1, output };
}

/** `cargo test`, counted from every test binary's closing line. */
export async function cargoTests(args, options) {
  const { code, output } = await run("cargo", ["test", ...args], options);
  const lines = output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm);
  const [passed, failed, skipped] = addUp([...lines].map((match) => match.slice(1).map(Number)));
  return judge(code, { passed, failed, skipped, output });
}

/** Node's test runner on `files`, so many `together`, counted from its closing lines. */
export async function nodeTests(files, { together = 1, ...options } = {}) {
  const limits = [`--test-concurrency=${together}`, `--test-timeout=${LAST_LIMIT}`];
  const args = ["--import", HANG, "--test", ...limits, "--test-reporter=spec", ...files];
  const env = { ...options.env, PORTCULLIS_FILE_LIMIT: `${FILE_LIMIT}` };
  const { code, output } = await run(process.execPath, args, { ...options, env });
  const count = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  const hung = output.match(/^hung after .*$/gm) ?? [];
  const failures = [...hung, output.slice(Math.max(output.indexOf("✖ failing tests:"), 0))].join("\n");
  const reasons = new Set([...output.matchAll(/^ *﹣ .* # (.+)$/gm)].map(([, reason]) => reason));
  const judged = judge(code, {
    passed: count("pass"),
    failed,
    skipped: count("skipped") + count("todo"),
    output: failures,
  });
  return { output: [...reasons].join("\n"), ...judged };
}

/** Does not believe a runner that failed without a failed test, nor one that ran no test. */
function judge(code, { output, ...counts }) {
  if (code === 0 && counts.failed === 0 && counts.passed > 0) return counts;
  return { ...counts, failed: Math.max(counts.failed, 1), output };
}

function addUp(rows) {
  return rows.reduce((total, row) => total.map((value, i) => value + row[i]), [0, 0, 0]);
}

function verdict({ failed, passed }) {
  if (failed > 0) return "FAIL";
  return passed > 0 ? "ok  " : "skip";
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function lastLines(output) {
  return output.trimEnd().split("\n").slice(-OUTPUT_LINES).join("\n");
}
