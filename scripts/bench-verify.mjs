/**
 * `npm run bench:verify`: how long a signature takes in Chromium, in software and by WebCrypto.
 *
 * Measured is `verifyJws` as a whole, key import included, on a token of 1 kB. Ends with an error
 * if the software takes longer than was promised.
 */
import { makeReady } from "./bench/ready.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 50);
/** Milliseconds, the median of a verification in software. */
const MOST = { RS256: 5, ES256: 5 };
const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "ES512", "Ed25519"];

await makeReady();
const { launchBrowser } = await import("../tests/support/browser.mjs");
const { serveFiles } = await import("./demo/files.mjs");
const { listen } = await import("./demo/listen.mjs");
const jose = await import("jose");

const tokens = await Promise.all(ALGORITHMS.map(async (alg) => {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  const payload = new TextEncoder().encode("x".repeat(700));
  const token = await new jose.CompactSign(payload).setProtectedHeader({ alg }).sign(privateKey);
  return { alg, token, jwk: await jose.exportJWK(publicKey) };
}));

const server = await listen(0);
const library = serveFiles("/", ["pkg/dist"]);
server.answerWith((request, response) =>
  (request.url === "/" ? response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>") : library(request, response)));
const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/`);
  report(await page.evaluate(measure, { tokens, rounds: ROUNDS }));
} finally {
  await browser.close();
  await server.close();
}

/** Runs in the page: milliseconds by algorithm and by whose cryptography; the first call of each apart. */
async function measure({ tokens, rounds }) {
  const { verifyJws } = await import("/verify.js");
  const rows = [];
  for (const { alg, token, jwk } of tokens) {
    const row = { alg };
    for (const crypto of ["software", "web"]) {
      const once = async () => {
        const started = performance.now();
        await verifyJws(token, { keys: { keys: [jwk] }, algorithms: [alg], crypto });
        return performance.now() - started;
      };
      const first = await once();
      const times = [];
      for (let round = 0; round < rounds; round++) times.push(await once());
      row[crypto] = { first, times };
    }
    rows.push(row);
  }
  return rows;
}

function report(rows) {
  const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
  const show = (value) => value.toFixed(1).padStart(9);
  console.log(`\nOne verification in Chromium, ms, of ${ROUNDS}\n`);
  console.log(`${"".padEnd(10)}${["software", "fastest", "first", "WebCrypto", "fastest"].map((name) => name.padStart(10)).join("")}`);
  const broken = [];
  for (const { alg, software, web } of rows) {
    const cells = [median(software.times), Math.min(...software.times), software.first, median(web.times), Math.min(...web.times)];
    console.log(`  ${alg.padEnd(8)}${cells.map(show).join(" ")}`);
    if (cells[0] > MOST[alg]) broken.push(`${alg} takes ${cells[0].toFixed(1)} ms in software, allowed are ${MOST[alg]}`);
  }
  console.log();
  for (const text of broken) console.error(`  broken: ${text}`);
  if (broken.length > 0) process.exitCode = 1;
}
