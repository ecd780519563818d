// Debian's packages, where they can be installed: as root, with apt-get.
import { run, which } from "./run.mjs";

/** Installs packages if that is possible at all; whoever asks looks whether it helped. */
export async function installPackages(...packages) {
  if (process.getuid?.() !== 0 || !(await which("apt-get"))) return;
  console.log(`installing ${packages.join(", ")} with apt-get`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env });
}
