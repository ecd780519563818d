/** Static files out of this repository's folders. */
import { fileURLToPath } from "node:url";

import sirv from "sirv";

const root = new URL("../../", import.meta.url);

/** The path of a file or folder of the repository. */
export const pathOf = (path) => fileURLToPath(new URL(path, root));

/**
 * A handler that serves `folders` (the first that has the file wins) under `prefix`, read anew
 * on each request so that an edit shows after a reload.
 */
export function serveFiles(prefix, folders) {
  const handlers = folders.map((folder) => sirv(pathOf(folder), { dev: true, etag: true, extensions: [] }));
  return (request, response) => {
    const under = { method: request.method, headers: request.headers, url: request.url.slice(prefix.length - 1) };
    const notFound = () => response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    handlers.reduceRight((next, handler) => () => handler(under, response, next), notFound)();
  };
}
