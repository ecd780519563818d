/** The bench's portal: one page per library, bundled alike, cached by the browser once loaded. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import * as esbuild from "esbuild";

import { listen } from "../demo/listen.mjs";
import { root } from "../lib/run.mjs";

const FOREVER = "public, max-age=31536000, immutable";

/** What every page does around its library. */
const entry = (library, settings) => `
  import { login, finish } from "./${library}.js";
  const settings = ${JSON.stringify(settings)};
  globalThis.login = () => login(settings);
  if (location.search) {
    globalThis.finished = finish(settings).then(({ sub }) => ({ sub, ms: performance.now() }));
  }
`;

/**
 * Serves `/{library}/` and `/{library}/cb` for each library.
 *
 * A callback that comes from the provider is only noted, and answered with an empty page, so
 * that the measured visit starts at the portal and not somewhere in the provider's redirects.
 */
export async function startPortal(libraries, { issuer, clientId }) {
  const portal = await listen(0);
  const files = new Map();
  let parked;
  for (const library of libraries) {
    const redirectUri = `${portal.origin}/${library}/cb`;
    for (const { name, contents } of await bundle(library, { issuer, clientId, redirectUri })) {
      files.set(`/${library}/${name}`, contents);
    }
  }

  portal.answerWith((request, response) => {
    const { pathname, href, search } = new URL(request.url, portal.origin);
    const file = files.get(pathname);
    if (file) return response.writeHead(200, { "content-type": "text/javascript", "cache-control": FOREVER }).end(file);
    const [, library] = pathname.split("/");
    if (!libraries.includes(library)) return response.writeHead(404).end();
    const park = search !== "" && parked !== href;
    if (park) parked = href;
    const script = park ? "" : `<script type="module" src="/${library}/main.js"></script>`;
    response.writeHead(200, { "content-type": "text/html", "cache-control": "no-store" })
      .end(`<!doctype html><title>Bench</title><link rel="icon" href="data:,">${script}`);
  });

  return {
    origin: portal.origin,
    redirectUri: (library) => `${portal.origin}/${library}/cb`,
    /** The callback URL that came last. */
    callbackUrl: () => parked,
    /** What a file weighs on the wire. */
    gzipSize: (path) => gzipSync(files.get(path), { level: 9 }).length,
    close: portal.close,
  };
}

async function bundle(library, settings) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: entry(library, settings), resolveDir: join(root, "scripts/bench") },
    entryNames: "main",
    outdir: "/",
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    alias: { portcullis: join(root, "pkg/dist/index.js") },
  });
  return outputFiles.map(({ path, contents }) => ({ name: path.slice(1).replace("stdin", "main"), contents: Buffer.from(contents) }));
}
