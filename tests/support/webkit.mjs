/** WebKit for tests, the engine of Safari: WebKitGTK, driven by WebDriver, on a display that nobody sees. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";

import { inTime } from "./time.mjs";

const driverPath = process.env.PORTCULLIS_WEBKIT ?? "/usr/bin/WebKitWebDriver";
const displayPath = process.env.PORTCULLIS_XVFB ?? "/usr/bin/Xvfb";

const isThere = [driverPath, displayPath].every(existsSync);

/** How often a page is asked whether it has come so far, in milliseconds, and how long at most. */
const ASK_EVERY = 50;
const PATIENCE = 20_000;
/** How long the driver has for an answer of its own. Now and then one starts a browser and never says so: another may. */
const ANSWER = 30_000;
const ATTEMPTS = 3;

/** Starts what is needed: `{ newProfile, close }`; or says `{ missing }` where it cannot be. */
export async function launchWebKit() {
  if (!isThere) return { missing: "There is no WebKitWebDriver or no Xvfb on this machine; PORTCULLIS_WEBKIT and PORTCULLIS_XVFB are their paths." };
  const display = start(displayPath, ["-displayfd", "1", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [number] = await Promise.race([once(display.child.stdout, "data"), once(display.child, "exit")]);
    const newProfile = () => openProfile(`:${String(number).trim()}`);
    // some machines have it, and let it start nothing
    await (await newProfile()).close();
    return { newProfile, close: display.end };
  } catch (error) {
    await display.end();
    return { missing: `WebKit does not start on this machine: ${error.message}.` };
  }
}

/** A browser without a past: `{ open, opened, close }`. `open()` opens a tab, and `opened()` is what a page opened last. */
async function openProfile(display) {
  const { ask, end } = await newSession(display);
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
    async close() {
      await ask("DELETE", "");
      await end();
    },
  };
}

/** A driver and its one browser: `{ ask, end }`. */
async function newSession(display, attempt = 1) {
  const port = await freePort();
  const { end } = start(driverPath, [`--port=${port}`, "--host=127.0.0.1"], { env: { ...process.env, DISPLAY: display }, stdio: "ignore" });
  const driverUrl = `http://127.0.0.1:${port}`;
  try {
    await until(() => send(driverUrl, "GET", "/status").catch(() => {}));
    const { sessionId } = await send(driverUrl, "POST", "/session", { capabilities: {} });
    return { ask: (method, path, body) => send(driverUrl, method, `/session/${sessionId}${path}`, body), end };
  } catch (error) {
    await end();
    if (attempt === ATTEMPTS) throw error;
    console.error(`${error.message}; another driver is started`);
    return newSession(display, attempt + 1);
  }
}

/** Starts a program that ends with `end()`, and with this process at the latest. */
function start(...command) {
  const child = spawn(...command);
  const kill = () => child.kill();
  process.once("exit", kill);
  return {
    child,
    async end() {
      process.off("exit", kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      kill();
      await ended;
    },
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
  const request = `${method} ${path}`;
  const response = await inTime(fetch(driverUrl + path, { method, body: body && JSON.stringify(body) }), request, ANSWER);
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${request}: ${value.error}: ${value.message}`);
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
