/** The portal's web server: pages and scripts under a strict policy, the package itself, the API. */
import { readFile } from "node:fs/promises";

import { pathOf, serveFiles } from "./files.mjs";

/** Paths of the single page; everything else is a file, the API, or not there. */
const PAGES = new Set(["/", "/callback", "/calls", "/trace", "/checks"]);

/**
 * @param {object} options
 * @param {string} options.issuer the provider's origin
 * @param {object} options.settings what the page may know, served as the module `/settings.js`
 * @param {(request, response) => unknown} options.api answers `/api/…`
 */
export function createPortal({ issuer, settings, api }) {
  const files = serveFiles("/", ["www/portal", "www/shared"]);
  const library = serveFiles("/portcullis/", ["pkg/dist"]);
  const headers = policy(issuer);

  return async function answer(request, response) {
    const { pathname } = new URL(request.url, "http://portal.invalid");
    response.setHeaders(headers);
    if (pathname.startsWith("/api/")) return api(request, response);
    if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405, { allow: "GET, HEAD" }).end();
    if (pathname.startsWith("/portcullis/")) return library(request, response);
    if (PAGES.has(pathname)) return send(response, "text/html; charset=utf-8", await readFile(pathOf("www/portal/index.html")));
    if (pathname === "/settings.js") return send(response, "text/javascript", `export default ${JSON.stringify(settings)};\n`);
    return files(request, response);
  };
}

/** No inline script or style anywhere; scripts from here, WebAssembly allowed; the provider the only other origin to talk to. */
function policy(issuer) {
  return new Headers({
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' ${issuer}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
}

function send(response, type, body) {
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache" }).end(body);
}
