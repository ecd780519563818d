/** Starts a provider that is a program of its own, and ends it again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { homeOf } from "../../scripts/lib/engines.mjs";
import { freePort } from "../support/port.mjs";
import { inTime } from "../support/time.mjs";

/** Lines of what a provider printed that are shown if it does not come up. */
const LINES = 20;

/**
 * Starts `engine` for the portal at `portal`: on a free loopback port, in a folder of its own, with the public
 * client `spa` and the user alice. Resolves once it describes itself.
 *
 * @param {object} engine see the files in `engines/`
 * @returns what `world` needs of a provider: `{ issuer, clientId, close }`
 */
export async function startEngine(engine, portal) {
  const folder = await mkdtemp(join(tmpdir(), "portcullis-interop-"));
  const port = await freePort();
  const issuer = engine.issuer(port);
  const programs = [];
  const place = {
    port,
    portal,
    folder,
    url: `http://127.0.0.1:${port}`,
    home: homeOf(engine.id),
    launch: (program, args, env = {}) => launch(programs, program, args, { cwd: folder, env: { ...process.env, ...env } }),
  };
  const op = {
    issuer,
    clientId: "spa",
    async close() {
      await Promise.all(programs.map(end));
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await inTime(comeUp(engine, place, programs), `${engine.name} describing itself`);
  } catch (error) {
    await op.close();
    const said = programs.map(({ output }) => output.trimEnd().split("\n").slice(-LINES).join("\n"));
    throw new Error([error.message, ...said].join("\n"), { cause: error });
  }
  return op;
}

async function comeUp(engine, place, programs) {
  await engine.start(place);
  await answers(`${engine.issuer(place.port)}/.well-known/openid-configuration`, programs);
}

/** Resolves once `url` is answered with success; rejects if a program ends instead. */
export async function answers(url, programs) {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    if (programs.some(hasEnded)) throw new Error(`no answer at ${url}: the program ended`);
    await pause(50);
  }
}

/** Starts a program that is ended with the provider, with whatever it starts itself. */
function launch(programs, program, args, options) {
  const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const running = { child, output: "", failed: false };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (running.output += text));
  child.on("error", (error) => Object.assign(running, { output: String(error), failed: true }));
  programs.push(running);
  return running;
}

const hasEnded = ({ child, failed }) => failed || child.exitCode !== null || child.signalCode !== null;

async function end(running) {
  if (hasEnded(running)) return;
  const ended = once(running.child, "exit");
  process.kill(-running.child.pid); // with its workers
  await inTime(ended, "the end of a provider", 10_000).catch(() => process.kill(-running.child.pid, "SIGKILL"));
}
