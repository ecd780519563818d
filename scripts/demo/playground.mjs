/**
 * The playground's web server, beside the portal's: pages, the presets as they lead to the test servers,
 * and what asks an e-mail gate, since a page cannot.
 */
import { readFile } from "node:fs/promises";

import { pathOf, serveFiles } from "./files.mjs";
import { contentSecurityPolicy } from "./policy.mjs";
import { send } from "./send.mjs";

/** What a person sees first stands first. */
const PRESETS = ["case-manager", "compliance-auth", "iman", "cardsync", "email-gate"];
/** Whoever describes a system decides whom the page talks to; the library holds it to TLS or loopback. */
const policy = contentSecurityPolicy("https:", "http://127.0.0.1:*", "http://localhost:*");
/** Longer questions to a gate are none. */
const MOST = 16_384;

/**
 * @param {object} options
 * @param {string} options.portal the portal's origin, whose pages alone may ask a gate
 * @param {{ baseUrls: object, secrets: object }} options.systems the test servers
 * @returns a handler that says whether a request was its own
 */
export function createPlayground({ portal, systems }) {
  const files = serveFiles("/playground/", ["www/playground"]);
  return async function answer(request, response, pathname) {
    switch (pathname) {
      case "/playground": return page(response, "index.html", { "content-security-policy": policy });
      // No opener policy: the window has been elsewhere, and has to stay the one that was opened.
      case "/authorised": return page(response, "authorised.html", { "cross-origin-opener-policy": "unsafe-none" });
      case "/playground/presets.js": return presets(response);
      case "/playground/gate": return gate(request, response);
      default: return pathname.startsWith("/playground/") && (files(request, response), true);
    }
  };

  async function page(response, file, headers) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    send(response, "text/html; charset=utf-8", await readFile(pathOf(`www/playground/${file}`)));
    return true;
  }

  /** The presets and the test servers' secrets, which are no secrets, but are treated as some. */
  async function presets(response) {
    const all = await Promise.all(PRESETS.map(async (id) => {
      const preset = JSON.parse(await readFile(pathOf(`presets/${id}.json`), "utf8"));
      const data = preset.connection ?? preset.gate;
      data.values = { ...data.values, base_url: systems.baseUrls[id] };
      if (data.redirectUri) data.redirectUri = `${portal}/authorised`;
      return { ...preset, id, values: systems.secrets[id] };
    }));
    send(response, "text/javascript", `export default ${JSON.stringify(all)};\n`, "no-store");
    return true;
  }

  async function gate(request, response) {
    const isOurs = request.method === "POST" && request.headers.origin === portal && request.headers["content-type"] === "application/json";
    if (!isOurs) response.writeHead(403).end();
    else {
      const { askGate } = await import("./gate.mjs");
      send(response, "application/json", JSON.stringify(await askGate(JSON.parse(await read(request)))), "no-store");
    }
    return true;
  }

}

async function read(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MOST) throw new Error("the question is too long");
  }
  return text;
}
