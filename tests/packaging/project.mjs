/** Fresh projects that have the package as its users get it: packed, then installed from the file. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const npm = async (args, cwd) => (await run("npm", [...args, "--no-audit", "--no-fund", "--no-update-notifier"], { cwd })).stdout;

/** A new folder under the system's, and what removes it. */
async function scratch() {
  const path = await realpath(await mkdtemp(join(tmpdir(), "portcullis-")));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Packs what is built, without building: `{ tarball, files: [{ path, size }], remove }`. */
export async function pack() {
  const { path, remove } = await scratch();
  const [{ filename, files }] = JSON.parse(await npm(["pack", "--json", "--ignore-scripts", `--pack-destination=${path}`], root));
  return { tarball: join(path, filename), files, remove };
}

/** A project in a folder of its own with the package installed, and nothing else. */
export async function createProject(tarball) {
  const { path, remove } = await scratch();
  await writeFile(join(path, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await npm(["install", "--offline", "--ignore-scripts", tarball], path);
  return { path, remove };
}

/** The project above with the portal in `app/`, which starts at `entry` and signs in at `issuer`. */
export async function createPortal(tarball, { issuer, entry = "main.js", head = "" }) {
  const project = await createProject(tarball);
  await cp(join(root, "tests/packaging/app"), project.path, { recursive: true });
  await writeFile(join(project.path, "issuer.js"), `export const issuer = ${JSON.stringify(issuer)};\n`);
  const index = join(project.path, "index.html");
  const script = `${head}<script type="module" src="./${entry}"></script>`;
  await writeFile(index, (await readFile(index, "utf8")).replace("<!-- entry -->", script));
  return project;
}

/** Runs Node on `code` as a module of the given type in the project until it ends by itself; its output. */
export async function runNode(project, code, type = "module") {
  return (await run(process.execPath, [`--input-type=${type}`, "--eval", code], { cwd: project.path, timeout: 20_000 })).stdout.trim();
}
