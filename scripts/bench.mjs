/**
 * `npm run bench`: the callback page, from navigation to a verified user, beside other libraries.
 *
 * Same provider, same browser, warm cache, every answer of the provider 100 ms late, rounds
 * interleaved. Ends with an error if a promise made about speed does not hold.
 */
import { makeReady } from "./bench/ready.mjs";

const LATENCY = 100;
const ROUNDS = Number(process.env.ROUNDS ?? 15);
const TRACED_ROUNDS = 5;
const LIBRARIES = ["portcullis", "oidc-client-ts", "oauth4webapi"];
const MOST_SCRIPTING = 15;
const LONG_TASK = 50;

await makeReady();
const { launchBrowser } = await import("../tests/support/browser.mjs");
const { startProvider } = await import("../tests/support/provider.mjs");
const { startPortal } = await import("./bench/rig.mjs");
const { traced } = await import("./bench/trace.mjs");

const op = await startProvider();
const portal = await startPortal(LIBRARIES, { issuer: op.issuer, clientId: op.clientId });
const browser = await launchBrowser();
try {
  report(await measure());
} finally {
  await browser.close();
  await portal.close();
  await op.close();
}

async function measure() {
  const runs = new Map();
  for (const library of LIBRARIES) {
    op.allow({ redirectUri: portal.redirectUri(library) });
    const context = await browser.newContext();
    runs.set(library, { library, page: await context.newPage(), times: [], scripting: [], tasks: [] });
  }
  for (const run of runs.values()) await visit(run); // fills the caches
  op.latency = LATENCY;
  for (let round = 0; round < ROUNDS; round++) {
    for (const run of runs.values()) {
      const { ms, requests, scripts } = await visit(run);
      run.times.push(ms);
      run.requests = requests;
      run.bytes = scripts.reduce((sum, path) => sum + portal.gzipSize(path), 0);
    }
  }
  for (let round = 0; round < TRACED_ROUNDS; round++) {
    for (const run of runs.values()) {
      const { scripting, longestTask } = await visit(run, (page, action) => traced(browser, page, action));
      run.scripting.push(scripting);
      run.tasks.push(longestTask);
    }
  }
  return [...runs.values()];
}

/** One sign-in; measured is only the visit of the callback page. */
async function visit({ library, page }, around = async (_page, action) => ({ result: await action() })) {
  await page.goto(`${portal.origin}/${library}/`);
  const parked = page.waitForURL((url) => url.pathname.endsWith("/cb"));
  await page.evaluate(() => void login());
  await parked;

  const before = op.requests.length;
  const scripts = [];
  const note = (request) => {
    if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname);
  };
  page.on("request", note);
  const { result: { sub, ms }, ...rest } = await around(page, async () => {
    await page.goto(portal.callbackUrl());
    return page.evaluate(() => finished);
  });
  page.off("request", note);
  if (sub !== "alice") throw new Error(`${library} signed in ${sub}`);
  const requests = op.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
  return { ms, requests, scripts, ...rest };
}

function report(runs) {
  const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
  console.log(`\nThe callback page, ${ROUNDS} rounds, ${LATENCY} ms added to every answer of the provider\n`);
  const rows = runs.map(({ library, requests, times, scripting, tasks, bytes }) => ({
    library,
    requests: requests.length,
    median: median(times),
    min: Math.min(...times),
    scripting: median(scripting),
    longestTask: median(tasks),
    bytes,
  }));
  const cells = rows.map((row) => [
    row.library, `${row.requests}`, `${row.median.toFixed(0)} ms`, `${row.min.toFixed(0)} ms`,
    `${row.scripting.toFixed(1)} ms`, `${row.longestTask.toFixed(1)} ms`, `${(row.bytes / 1000).toFixed(1)} kB`,
  ]);
  table([["", "requests", "median", "fastest", "scripting", "longest task", "gzip"], ...cells]);
  for (const { library, requests } of runs) console.log(`  ${library}: ${requests.join(", ")}`);

  const [own, ...others] = rows;
  const broken = [
    own.requests !== 1 && `${own.requests} requests to the provider instead of 1`,
    own.scripting >= MOST_SCRIPTING && `scripting takes ${own.scripting.toFixed(1)} ms, allowed are ${MOST_SCRIPTING}`,
    own.longestTask > LONG_TASK && `a task of ${own.longestTask.toFixed(1)} ms, allowed are ${LONG_TASK}`,
    ...others.map((other) => own.median >= other.median && `not ahead of ${other.library}`),
  ].filter(Boolean);
  for (const text of broken) console.error(`  broken: ${text}`);
  if (broken.length > 0) process.exitCode = 1;
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(`  ${row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join("  ")}`);
  }
  console.log();
}
