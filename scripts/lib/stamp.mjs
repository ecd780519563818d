// Skips work whose inputs have not changed, by a hash of their contents.
import { createHash } from "node:crypto";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exists, root } from "./run.mjs";

/** Hash of files and folders (recursively) below the root, and of `extra` strings. */
export async function hashOf(paths, extra = []) {
  const hash = createHash("sha256");
  for (const text of extra) hash.update(`${text}\0`);
  for (const path of paths) {
    for (const file of await filesIn(path)) {
      hash.update(`${file}\0`);
      hash.update(await readFile(join(root, file)));
    }
  }
  return hash.digest("hex");
}

/** Runs `work` unless it last succeeded with the same hash and `product` is there; says whether it ran. */
export async function unlessStamped(stampFile, hash, product, work) {
  const stamp = await readFile(stampFile, "utf8").catch(() => "");
  if (stamp === hash && (await exists(product))) return false;
  await writeFile(stampFile, "");
  await work();
  await writeFile(stampFile, hash);
  return true;
}

async function filesIn(path) {
  if (!(await stat(join(root, path))).isDirectory()) return [path];
  const names = await readdir(join(root, path));
  return (await Promise.all(names.sort().map((name) => filesIn(`${path}/${name}`)))).flat();
}
