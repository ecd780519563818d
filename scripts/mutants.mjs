// `npm run mutants -- [options]`: breaks the source in every place of `jose/` and `protocol/`, one
// at a time in a copy, and names what no test notices. Takes an hour or two; options are those of
// cargo-mutants, e.g. `-- --file src/jose/jws.rs` or `-- --shard 0/4`. `.cargo/mutants.toml` says the rest.
import { join } from "node:path";
import { SetupError, main, run, targetDir } from "./lib/run.mjs";
import { ensureCargoMutants } from "./lib/rust.mjs";
import { setUp } from "./setup.mjs";

await main(import.meta, async () => {
  await setUp();
  const program = join(await ensureCargoMutants(), "cargo-mutants");
  const args = ["mutants", "--output", targetDir, ...process.argv.slice(2)];
  // each copy builds in a folder of its own
  const { code } = await run(program, args, { show: true, limit: 0, env: { CARGO_TARGET_DIR: undefined } });
  if (code !== 0) throw new SetupError(`\nSee ${join(targetDir, "mutants.out")}.`);
});
