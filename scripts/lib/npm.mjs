// Development packages from the lock file.
import { stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { must, root } from "./run.mjs";

/** Runs `npm ci` if node_modules is missing or older than the lock file. */
export async function ensurePackages() {
  const installed = join(root, "node_modules/.package-lock.json");
  const [lock, marker] = await Promise.all([
    stat(join(root, "package-lock.json")),
    stat(installed).catch(() => undefined),
  ]);
  if (marker && marker.mtimeMs >= lock.mtimeMs) return;
  console.log("installing development packages with npm ci");
  await must("npm", ["ci", "--no-audit", "--no-fund"]);
  await utimes(installed, new Date(), new Date());
}
