/** The portal's web server: pages and scripts under a strict policy, the package itself, the API. */
import { readFile } from "node:fs/promises";

import { pathOf, serveFiles } from "./files.mjs";
import { contentSecurityPolicy } from "./policy.mjs";
import { createPlayground } from "./playground.mjs";
import { send } from "./send.mjs";
import { vendored } from "./vendor.mjs";

/** Paths of the single page; everything else is a file, the API, or not there. */
const PAGES = new Set(["/", "/callback", "/calls", "/trace", "/checks"]);

/**
 * @param {object} options
 * @param {string} options.issuer the provider's origin
 * @param {object} options.settings what the page may know, served as the module `/settings.js`
 * @param {(request, response) => unknown} options.api answers `/api/…`
 * @param {object} options.playground what the playground needs; see there
 */
export function createPortal({ issuer, settings, api, playground }) {
  const files = serveFiles("/", ["www/portal", "www/shared"]);
  const built = serveFiles("/portcullis/", ["pkg/dist"]);
  const tryOut = createPlayground(playground);
  const headers = policy(issuer);

  return async function answer(request, response) {
    const { pathname } = new URL(request.url, "http://portal.invalid");
    response.setHeaders(headers);
    if (pathname.startsWith("/api/")) return api(request, response);
    if (await tryOut(request, response, pathname)) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405, { allow: "GET, HEAD" }).end();
    if (pathname.startsWith("/portcullis/")) return built(request, response);
    if (PAGES.has(pathname)) return send(response, "text/html; charset=utf-8", await readFile(pathOf("www/portal/index.html")));
    if (pathname === "/settings.js") return send(response, "text/javascript", `export default ${JSON.stringify(settings)};\n`);
    const library = await vendored(pathname);
    return library ? send(response, "text/javascript", library) : files(request, response);
  };
}

/** The provider is the only other origin to talk to. */
function policy(issuer) {
  return new Headers({
    "content-security-policy": contentSecurityPolicy(issuer),
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
}
