// The providers of the interoperability tests: from Debian's, Python's, npm's and Rust's packages, kept between
// checkouts, since none of them is a part of the project.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages } from "./debian.mjs";
import { SetupError, exists, must, toolCache, which } from "./run.mjs";

/**
 * What each takes, by its file in `tests/interop/engines/`: packages of `python`, `npm` or `cargo` at exact
 * versions, the engine's own first, or of `debian` alone. `needs` are programs or files that tell whether what
 * Debian's packages bring is there.
 */
export const ENGINES = {
  "better-auth": {
    npm: {
      "better-auth": "1.7.5",
      "@better-auth/core": "1.7.5",
      "@better-auth/oauth-provider": "1.7.5",
      "@better-auth/utils": "0.4.2",
      "@better-fetch/fetch": "1.3.2",
      "better-call": "1.4.0",
    },
  },
  canaille: { python: { "canaille[front,oidc,server]": "0.3.6" } },
  "django-oauth-toolkit": { python: { "django-oauth-toolkit": "3.4.1", "django-cors-headers": "4.9.0" } },
  doorkeeper: {
    debian: ["ruby-doorkeeper-openid-connect", "ruby-rails", "ruby-sqlite3", "puma", "ruby-rack-cors"],
    needs: ["puma", "/usr/share/doc/ruby-doorkeeper-openid-connect", "/usr/share/doc/ruby-rack-cors"],
  },
  glewlwyd: { debian: ["glewlwyd", "sqlite3"], needs: ["glewlwyd", "sqlite3"] },
  issuerd: {
    cargo: { issuerd: "0.1.24" },
    debian: ["pkg-config", "cmake", "clang", "libclang-dev", "libkrb5-dev"],
    needs: ["cmake", "clang", "krb5-config"],
  },
  lemonldap: {
    debian: [
      ...["lemonldap-ng", "starman", "openssl", "libgd-securityimage-perl", "libgd-perl", "libimage-magick-perl"],
      ...["libstring-random-perl", "libconvert-base32-perl", "libio-string-perl"],
    ],
    needs: ["starman", "openssl", "/var/lib/lemonldap-ng/conf/lmConf-1.json"],
  },
  mockin: { npm: { "@hellocoop/mockin": "2.0.0" } },
  nanoidp: { python: { nanoidp: "3.4.0" } },
  "oauth2-mock-server": { npm: { "oauth2-mock-server": "8.2.3" } },
};

/** Those that every run of the tests signs in at: soon installed, and least like the one that is always there. */
export const USUAL_ENGINES = ["canaille", "glewlwyd", "oauth2-mock-server"];

/** Those that take a quarter of an hour to build: only where they are there, or asked for by name. */
export const SLOW_ENGINES = ["issuerd"];

/** In a folder where everything is installed. */
const COMPLETE = "complete";

const packagesOf = ({ python, npm, cargo }) => python ?? npm ?? cargo;

/** An engine's version; undefined where it is whatever Debian has. */
export const versionOf = (name) => Object.values(packagesOf(ENGINES[name]) ?? {})[0];

/** Where an engine's packages are, if they are not Debian's. */
export const homeOf = (name) => join(toolCache, "engines", `${name}-${versionOf(name)}`);

/** Whether an engine can be started. */
export function isInstalled(name) {
  const engine = ENGINES[name];
  return packagesOf(engine) ? exists(join(homeOf(name), COMPLETE)) : areThere(engine.needs);
}

/** Those that can be started. */
export async function installed(names) {
  const there = await Promise.all(names.map(isInstalled));
  return names.filter((_, i) => there[i]);
}

/**
 * Makes sure that an engine can be started.
 *
 * @throws {SetupError} with what is missing, and what to install
 */
export async function ensureEngine(name) {
  if (await isInstalled(name)) return;
  const engine = ENGINES[name];
  if (engine.debian && !(await areThere(engine.needs))) {
    await installPackages(...engine.debian);
    if (!(await areThere(engine.needs))) {
      throw new SetupError(`${name} cannot be started: install Debian's packages ${engine.debian.join(", ")}.`);
    }
  }
  if (!packagesOf(engine)) return;
  const home = homeOf(name);
  await mkdir(home, { recursive: true });
  console.log(`installing ${name}`);
  if (engine.python) await installPython(home, engine.python);
  if (engine.npm) await installNpm(home, engine.npm);
  if (engine.cargo) await installCargo(home, engine.cargo);
  await writeFile(join(home, COMPLETE), "");
}

/** The same for several, one after the other; resolves with a sentence for each that cannot be started. */
export async function ensureEngines(names) {
  const sentences = [];
  for (const name of names) {
    await ensureEngine(name).catch((error) => {
      if (!(error instanceof SetupError)) throw error;
      sentences.push(error.message);
    });
  }
  return sentences;
}

/** The files that test these engines. */
export const testsOf = (names) => names.map((name) => `tests/interop/${name}.test.mjs`);

async function areThere(needs) {
  const found = await Promise.all(needs.map((need) => (need.startsWith("/") ? exists(need) : which(need))));
  return found.every(Boolean);
}

async function installPython(home, packages) {
  if (!(await which("python3"))) throw new SetupError("Python is missing: install python3 and python3-venv.");
  await must("python3", ["-m", "venv", home]);
  const pinned = Object.entries(packages).map(([name, version]) => `${name}==${version}`);
  await must(join(home, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...pinned]);
}

async function installNpm(home, dependencies) {
  await writeFile(join(home, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  await must("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: home });
}

/** Without the time that an engine's own speed would be worth. */
async function installCargo(home, packages) {
  const crates = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const built = join(tmpdir(), "portcullis-engine-build");
  const env = { CARGO_PROFILE_RELEASE_LTO: "off", CARGO_PROFILE_RELEASE_OPT_LEVEL: "1", CARGO_TARGET_DIR: built };
  try {
    await must("cargo", ["install", "--root", home, ...crates], { env, limit: 0 });
  } finally {
    await rm(built, { recursive: true, force: true });
  }
}
