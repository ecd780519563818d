/** What the browser tests share: a bare portal under a strict policy, and the way through a sign-in. */
import { after } from "node:test";

import { serveFiles } from "../../scripts/demo/files.mjs";
import { listen } from "../../scripts/demo/listen.mjs";
import { launchBrowser } from "../support/browser.mjs";
import { startProvider } from "../support/provider.mjs";
import { inTime } from "../support/time.mjs";

/** The policy the package promises to work under. */
const SCRIPTS = "script-src 'self' 'wasm-unsafe-eval'";

/** Options of `world` for a portal on plain http that is no secure context, unlike one at a loopback address. */
export const PLAIN_HTTP = {
  host: "portal.test",
  flags: [
    "--host-resolver-rules=MAP portal.test 127.0.0.1",
    // the page looks public to the browser, which would ask the user before it lets it call this machine
    "--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
  ],
};

const browsers = new Map();
after(async () => {
  for (const browser of browsers.values()) await ending((await browser).close(), "a browser");
});

/** Waits for what ends with this process at the latest. */
const ending = (work, what) => inTime(work, `the end of ${what}`, 30_000).catch(({ message }) => console.error(message));

/** Longer than anything takes that a page is asked for. */
const ANSWER = 120_000;

/** Has what a page is asked fail by name if it never comes to an end. */
function bounded(page) {
  const evaluate = page.evaluate.bind(page);
  page.evaluate = (asked, ...rest) =>
    inTime(evaluate(asked, ...rest), `what ${page.url()} was asked (${`${asked}`.replace(/\s+/g, " ").slice(0, 80)})`, ANSWER);
  return page;
}

/** One browser per test file and set of flags. */
export function sharedBrowser(flags = []) {
  const key = flags.join(" ");
  if (!browsers.has(key)) browsers.set(key, launchBrowser({ flags }));
  return browsers.get(key);
}

/**
 * A provider and a portal on another origin, both ended with the test, and browser profiles.
 *
 * @param {import("node:test").TestContext} t
 * @param {object} [options]
 * @param {string} [options.scripts] the portal's `script-src`
 * @param {boolean} [options.frames] whether the portal may frame itself and the provider
 * @param {string} [options.connect] one more origin that the portal may ask
 * @param {string[]} [options.flags] of the browser
 * @param {string} [options.host] another name for the portal's host, which `flags` must lead to this machine
 * @param {object} [options.provider] for `startProvider`
 * @param {(portal: string) => Promise<{ issuer: string, clientId: string, close(): Promise<void> }>} [options.start]
 *   another provider instead, for the portal at this origin
 */
export async function world(t, {
  scripts = SCRIPTS, frames = false, connect = "", flags = [], host, provider = {}, start = startProviderFor(provider),
} = {}) {
  const ends = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const portal = await startPortal();
  ends.push(() => portal.close());
  if (host) portal.origin = portal.origin.replace("127.0.0.1", host);
  const op = await start(portal.origin);
  ends.push(() => op.close());
  const { origin } = new URL(op.issuer);
  const framing = frames ? `; frame-src 'self' ${origin}` : "";
  portal.policy = `default-src 'none'; ${scripts}; connect-src 'self' ${origin} ${connect}; img-src data:; base-uri 'none'${framing}`;

  /** The options of a client of this portal at this provider. */
  const optionsOf = (settings) => ({
    issuer: op.issuer,
    clientId: op.clientId,
    redirectUri: `${portal.origin}/cb`,
    postLogoutRedirectUri: `${portal.origin}/`,
    ...settings,
  });

  return {
    op,
    portal,
    optionsOf,
    /** A browser profile of its own, in which every page opens a client with these options. */
    async profile(settings = {}) {
      const context = await inTime((await sharedBrowser(flags)).newContext(), "a new profile");
      ends.push(async () => {
        await context.unrouteAll({ behavior: "ignoreErrors" }); // what is under way there has no page to go to
        await ending(context.close(), "a profile");
      });
      await context.addInitScript((all) => {
        globalThis.settings = all;
        globalThis.violations = [];
        addEventListener("securitypolicyviolation", (event) => violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
      }, optionsOf(settings));
      return context;
    },
    /** Opens `path` in a new tab and waits for its client. */
    async open(context, path = "/") {
      const page = bounded(await inTime(context.newPage(), "a new tab"));
      await visit(page, portal.origin + path);
      return page;
    },
  };
}

/** Loads a page of the portal and waits for its client. */
export async function visit(page, url) {
  await page.goto(url);
  await inTime(page.evaluate(() => globalThis.opened.then(() => {})), `the client at ${url}`);
}

/** Signs in from the page at hand; returns what `handleCallback()` gave on the callback page. */
export async function signIn(page, options = {}) {
  const { origin } = new URL(page.url());
  await leave(page, (options) => void auth.login(options), options);
  await page.waitForURL((url) => url.origin === origin && url.pathname === "/cb");
  return page.evaluate(() => finished);
}

/** Runs what navigates away and waits until the page is gone. */
export async function leave(page, action, argument) {
  const gone = page.waitForEvent("framenavigated");
  await page.evaluate(action, argument);
  await gone;
}

/** Every page's `Date` is wrong by so many seconds; `setClock` makes it wrong by others. */
export const WRONG_CLOCK = (seconds) => {
  let error = seconds;
  const { Date: Right } = globalThis;
  globalThis.setClock = (other) => (error = other);
  globalThis.Date = class extends Right {
    constructor(...when) {
      super(...(when.length ? when : [Right.now() + error * 1000]));
    }
    static now = () => Right.now() + error * 1000;
  };
};

/** Where the provider sent the browser back to: the callback URL as it was before it was cleaned. */
export function callbackUrls(page) {
  const urls = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isAnswer = url.searchParams.has("state") || url.searchParams.has("response");
    if (request.isNavigationRequest() && url.pathname === "/cb" && isAnswer) urls.push(url.href);
  });
  return urls;
}

/** Makes every page keep what the token endpoint at this path answered it, as `tokenResponses`. */
export const keepTokenResponses = (context, path = "/token") => context.addInitScript((path) => {
  const { fetch } = globalThis;
  globalThis.tokenResponses = [];
  globalThis.fetch = async (...request) => {
    const response = await fetch(...request);
    if (response.ok && new URL(response.url).pathname === path) tokenResponses.push(await response.clone().json());
    return response;
  };
}, path);

/** Requests of the pages themselves to the provider: `METHOD path`, preflights included, navigations not. */
export const calls = (op, since = 0) => op.requests.slice(since)
  .filter(({ path }) => !/^\/(auth|interaction|session)\b/.test(path))
  .map(({ method, path }) => `${method} ${path}`);

const startProviderFor = (options) => async (portal) => {
  const op = await startProvider(options);
  op.allow({ redirectUri: `${portal}/cb`, postLogoutRedirectUri: `${portal}/` });
  return op;
};

async function startPortal() {
  const pages = serveFiles("/", ["tests/e2e/app"]);
  const library = serveFiles("/portcullis/", ["pkg/dist"]);
  const portal = { ...(await listen(0)), policy: "default-src 'none'" };
  portal.answerWith((request, response) => {
    const { pathname } = new URL(request.url, portal.origin);
    response.setHeader("content-security-policy", portal.policy);
    if (pathname.startsWith("/portcullis/")) return library(request, response);
    if (!pathname.includes(".")) request.url = "/index.html";
    return pages(request, response);
  });
  return portal;
}
