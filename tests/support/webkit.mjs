/** WebKit for tests, the engine of Safari: WebKitGTK, driven by WebDriver, on a display that nobody sees. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";

const driverPath = process.env.PORTCULLIS_WEBKIT ?? "/usr/bin/WebKitWebDriver";
const displayPath = process.env.PORTCULLIS_XVFB ?? "/usr/bin/Xvfb";

const isThere = [driverPath, displayPath].every(existsSync);

/** How often a page is asked whether it has come so far, in milliseconds, and how long at most. */
const ASK_EVERY = 50;
const PATIENCE = 20_000;

/** Starts the driver: `{ newProfile, close }`, one profile at a time; or says `{ missing }` where it cannot be. */
export async function launchWebKit() {
  if (!isThere) return { missing: "There is no WebKitWebDriver or no Xvfb on this machine; PORTCULLIS_WEBKIT and PORTCULLIS_XVFB are their paths." };
  const children = [];
  const close = async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
  };
  const start = (...command) => {
    const child = spawn(...command);
    children.push(child);
    return child;
  };
  try {
    const display = start(displayPath, ["-displayfd", "1", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
    const [number] = await Promise.race([once(display.stdout, "data"), once(display, "exit")]);
    const port = await freePort();
    start(driverPath, [`--port=${port}`, "--host=127.0.0.1"], { env: { ...process.env, DISPLAY: `:${String(number).trim()}` }, stdio: "ignore" });
    const driverUrl = `http://127.0.0.1:${port}`;
    await until(() => send(driverUrl, "GET", "/status").catch(() => {}));
    // some machines have it, and let it start nothing
    await (await newProfile(driverUrl)).close();
    return { newProfile: () => newProfile(driverUrl), close };
  } catch (error) {
    await close();
    return { missing: `WebKit does not start on this machine: ${error.message}.` };
  }
}

/** A browser without a past: `{ open, opened, close }`. `open()` opens a tab, and `opened()` is what a page opened last. */
async function newProfile(driverUrl) {
  const { sessionId } = await send(driverUrl, "POST", "/session", { capabilities: {} });
  const ask = (method, path, body) => send(driverUrl, method, `/session/${sessionId}${path}`, body);
  await ask("POST", "/timeouts", { script: PATIENCE });
  const known = new Set();
  return {
    async open() {
      const isFirst = known.size === 0;
      const handle = isFirst ? await ask("GET", "/window") : (await ask("POST", "/window/new", { type: "tab" })).handle;
      known.add(handle);
      return page(ask, handle);
    },
    opened: () => until(async () => {
      const fresh = (await ask("GET", "/window/handles")).find((handle) => !known.has(handle));
      return fresh && known.add(fresh) && page(ask, fresh);
    }),
    close: () => ask("DELETE", ""),
  };
}

/** A tab, as far as tests need one. */
function page(ask, handle) {
  const inTab = async (...request) => {
    await ask("POST", "/window", { handle });
    return ask(...request);
  };
  const evaluate = async (work, ...args) => {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${work})(...arguments)).then((value = null) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await inTab("POST", "/execute/async", { script, args });
    if (error) throw new Error(error);
    return value;
  };
  return {
    goto: (url) => inTab("POST", "/url", { url }),
    url: () => inTab("GET", "/url"),
    evaluate,
    /** Resolves once `work` gives something true in the tab, whatever page that has come to. */
    waitFor: (work, ...args) => until(() => evaluate(work, ...args).catch(() => {})),
    /** As a user does it. */
    async click(selector) {
      const element = await inTab("POST", "/element", { using: "css selector", value: selector });
      await inTab("POST", `/element/${Object.values(element)[0]}/click`, {});
    },
  };
}

async function send(driverUrl, method, path, body) {
  const response = await fetch(driverUrl + path, { method, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
  return value;
}

async function until(check) {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > end) throw new Error(`not within ${PATIENCE} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
