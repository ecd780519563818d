// The Rust side of the set-up: toolchain, and tools at exact versions.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SetupError, exists, must, root, run, toolCache, which } from "./run.mjs";

export const WASM_TARGET = "wasm32-unknown-unknown";

// A development tool runs for seconds, so most of an optimising build's minutes are not paid back.
const QUICK_BUILD = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
  CARGO_PROFILE_RELEASE_LTO: "off",
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
  CARGO_PROFILE_RELEASE_DEBUG: "0",
  RUSTFLAGS: "",
};

/** Makes sure that the pinned toolchain has the target and the components the checks need. */
export async function ensureToolchain() {
  if (!(await which("cargo"))) {
    throw new SetupError("Rust is missing: install it with rustup (https://rustup.rs).");
  }
  const sysroot = (await must("rustc", ["--print", "sysroot"])).trim();
  const target = await exists(join(sysroot, "lib/rustlib", WASM_TARGET, "lib"));
  const components = await Promise.all(
    ["cargo-clippy", "cargo-fmt"].map((program) => exists(join(sysroot, "bin", program))),
  );
  if (target && components.every(Boolean)) return;
  if (!(await which("rustup"))) {
    throw new SetupError(
      `The Rust toolchain at ${sysroot} lacks clippy, rustfmt or the target ${WASM_TARGET}: install them.`,
    );
  }
  if (!target) await must("rustup", ["target", "add", WASM_TARGET], { show: true });
  if (!components.every(Boolean)) {
    await must("rustup", ["component", "add", "clippy", "rustfmt"], { show: true });
  }
}

/** Folder of wasm-bindgen's programs, at exactly the version that Cargo.lock names. */
export async function ensureWasmBindgen() {
  const lock = await readFile(join(root, "Cargo.lock"), "utf8");
  const version = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
  if (!version) throw new SetupError("Cargo.lock names no wasm-bindgen: run `cargo update`.");
  return installCrate("wasm-bindgen-cli", version, `wasm-bindgen-${version}`, "wasm-bindgen");
}

/** Folder of cargo-deny, or undefined where it cannot be installed. */
export async function ensureCargoDeny() {
  const version = "0.20.2";
  return installCrate("cargo-deny", version, `cargo-deny-${version}`, "cargo-deny");
}

/** Folder of cargo-fuzz, which builds and links what libFuzzer runs. */
export async function ensureCargoFuzz() {
  const version = "0.13.2";
  return installCrate("cargo-fuzz", version, `cargo-fuzz-${version}`, "cargo-fuzz");
}

/** Folder of cargo-mutants, which breaks the source in every place and sees who notices. */
export async function ensureCargoMutants() {
  const version = "27.1.0";
  return installCrate("cargo-mutants", version, `cargo-mutants-${version}`, "cargo-mutants");
}

/** The machine that is built on, as the compiler names it. */
export async function hostTriple() {
  return /^host: (.+)$/m.exec(await must("rustc", ["-vV"]))[1];
}

/**
 * Installs a crate's programs into a folder of their own, once. Not `--locked`: the lock file that
 * a crate ships may name versions its registry no longer serves.
 */
async function installCrate(crate, version, folder, program) {
  const home = join(toolCache, folder);
  const bin = join(home, "bin");
  if (await exists(join(bin, program))) return bin;
  console.log(`installing ${crate} ${version} (once, takes a few minutes)`);
  const args = ["install", crate, "--version", version, "--root", home, "--quiet"];
  const { code, output } = await run("cargo", args, {
    env: { ...QUICK_BUILD, CARGO_TARGET_DIR: join(home, "target") },
  });
  if (code === 0) return bin;
  const reason = output.trim().split("\n").at(-1);
  throw new SetupError(`${crate} ${version} could not be installed with cargo: ${reason}`);
}
