// Child processes and what to say when something is missing.
import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { homedir } from "node:os";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where cargo builds, absolute. */
export const targetDir = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");

/** Where tools that belong to no project are kept between checkouts. */
export const toolCache = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "portcullis",
);

/** A condition the person can mend: shown as one sentence, without a stack. */
export class SetupError extends Error {}

/** Milliseconds after which a program is taken to hang, and to close its streams once it has ended. */
const [LIMIT, GRACE] = [30 * 60_000, 5_000];

/**
 * Runs a program in the project's root. Resolves with `{ code, output }`, both streams in order;
 * `show: true` passes them through as they come. One that takes longer than `limit` milliseconds
 * (0 is for ever) is ended, with its signal as `code`. Rejects only if the program cannot be started.
 */
export function run(program, args, { env = {}, show = false, cwd = root, limit = LIMIT } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1", CARGO_TERM_COLOR: "never", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limit,
    });
    const chunks = [];
    for (const [stream, out] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.on("data", (chunk) => {
        chunks.push(chunk);
        if (show) out.write(chunk);
      });
    }
    child.on("error", reject);
    // whatever it started may hold its streams open for ever
    child.on("exit", () => setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), GRACE).unref());
    child.on("close", (code, signal) => {
      resolve({ code: code ?? signal, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** Runs a program that must succeed; the error carries the end of what it printed. */
export async function must(program, args, options) {
  const { code, output } = await run(program, args, options);
  if (code === 0) return output;
  const tail = output.trimEnd().split("\n").slice(-40).join("\n");
  throw new SetupError(`${[program, ...args].join(" ")} failed (${code}):\n${tail}`);
}

/** The path of a program on PATH, or undefined. */
export async function which(program) {
  for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
    const path = join(folder, program);
    if (await exists(path, constants.X_OK)) return path;
  }
  return undefined;
}

export function exists(path, mode = constants.F_OK) {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** Runs a script's main function when the script was started directly, not imported. */
export async function main(meta, run) {
  if (process.argv[1] !== fileURLToPath(meta.url)) return;
  try {
    await run();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
