/** Sends a whole body; by default kept by nobody without asking again. */
export function send(response, type, body, cacheControl = "no-cache") {
  response.writeHead(200, { "content-type": type, "cache-control": cacheControl }).end(body);
}
