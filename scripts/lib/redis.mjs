// Finds the Redis that tests share tokens through, and installs Debian's where that is possible.
import { installPackages } from "./debian.mjs";
import { exists, which } from "./run.mjs";

/** The path of redis-server, or undefined: what needs it then says so and is skipped. */
export async function ensureRedis() {
  const named = process.env.PORTCULLIS_REDIS;
  if (named) return (await exists(named)) ? named : undefined;
  const found = await which("redis-server");
  if (found) return found;
  await installPackages("redis-server");
  return which("redis-server");
}
