/** A server's answers, `{ status, headers, body }`, and how they are sent or are not. */

export const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "PUT, DELETE",
  "access-control-allow-headers": "authorization, dpop",
  "access-control-expose-headers": "dpop-nonce, www-authenticate",
  "cache-control": "no-store",
};

export function json(body, status = 200, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: { "content-type": "application/json", ...headers }, body: text };
}

/** Writes an answer. It is `silent` for good, `cut` off in the middle, or `endless`, if it says so. */
export function send(response, { status, headers, body = "", silent, cut, endless }) {
  if (silent) return;
  if (cut) {
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
    return;
  }
  response.writeHead(status, headers);
  if (!endless) {
    response.end(body);
    return;
  }
  const more = " ".repeat(1 << 16);
  response.write(body);
  const go = () => {
    while (!response.destroyed && response.write(more));
  };
  response.on("drain", go);
  response.on("error", () => {});
  go();
}
