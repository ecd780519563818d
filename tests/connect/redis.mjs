/** A Redis of Debian's package for one test: on a free loopback port, in memory, ended with the test. */
import { spawn } from "node:child_process";
import { once } from "node:events";

import { freePort } from "../support/port.mjs";

/** What to do where it is missing. */
const MISSING = "redis-server is missing: install Debian's package redis-server, or set PORTCULLIS_REDIS to its path.";

/** `{ url }`, or `{ missing }` with a sentence. */
export async function startRedis(t) {
  const port = await freePort();
  const server = spawn(process.env.PORTCULLIS_REDIS ?? "redis-server", [
    ...["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"],
  ], { stdio: ["ignore", "pipe", "inherit"] });
  const ready = new Promise((resolve) => {
    let text = "";
    server.stdout.on("data", (chunk) => /Ready to accept connections/.test((text += chunk)) && resolve(true));
    server.on("error", () => resolve(false));
    server.on("exit", () => resolve(false));
  });
  if (!(await ready)) return { missing: MISSING };
  t.after(async () => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  });
  return { url: `redis://127.0.0.1:${port}` };
}
