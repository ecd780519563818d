// `npm run interop -- [provider ...]`: a session from sign-in to sign-out in Chromium at real providers of several
// makers, each installed first where that is possible: all but those that take long to build, or those named.
import { build } from "./build.mjs";
import { ENGINES, SLOW_ENGINES, ensureEngines, installed, testsOf } from "./lib/engines.mjs";
import { SetupError, main } from "./lib/run.mjs";
import { nodeTests } from "./lib/steps.mjs";
import { setUp, setUpBrowsers } from "./setup.mjs";

await main(import.meta, async () => {
  const named = process.argv.slice(2);
  const unknown = named.filter((name) => !ENGINES[name]);
  if (unknown.length > 0) throw new SetupError(`There is no ${unknown.join(", ")}: name ${Object.keys(ENGINES).join(", ")}.`);
  await setUp();
  const { chromium } = await setUpBrowsers();
  await build();
  const engines = named.length > 0 ? named : await usual();
  for (const sentence of await ensureEngines(engines)) console.log(sentence);
  const { failed } = await nodeTests(testsOf(engines), { env: { PORTCULLIS_CHROMIUM: chromium }, show: true });
  if (failed > 0) process.exitCode = 1;
});

async function usual() {
  const built = await installed(SLOW_ENGINES);
  return Object.keys(ENGINES).filter((name) => !SLOW_ENGINES.includes(name) || built.includes(name));
}
