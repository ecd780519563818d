/** What goes wrong at a token endpoint when a test says so, and what every system notes of its requests. */

const ANSWERS = {
  refused: (response) => json(response, 400, { error: "invalid_client", error_description: "no <b>such</b> client" }),
  unavailable: (response) => json(response, 503, { error: "temporarily_unavailable" }),
  malformed: (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"access_token": "half'),
  html: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>"),
  empty: (response) => json(response, 200, {}),
  redirect: (response, status = 302) => response.writeHead(status, { location: "/elsewhere" }).end(),
  silence: () => {}, // until the server is closed
};

/** `answer` with notes, and with trouble at `tokenPath`. */
export function disturbed(answer, tokenPath) {
  const requests = [];
  let next;
  let met;
  return {
    requests,
    /**
     * The next answer of the token endpoint: a kind of `ANSWERS`, with its status where it may have several.
     * Resolves when it is given.
     */
    trouble(kind, status) {
      next = (response) => ANSWERS[kind](response, status);
      return new Promise((resolve) => (met = resolve));
    },
    async handler(request, response) {
      const { pathname: path } = new URL(request.url, "http://system.invalid");
      const note = { method: request.method, path, url: request.url, headers: request.headers, body: await read(request) };
      requests.push(note);
      response.on("finish", () => (note.status = response.statusCode));
      // the playground is a page of another origin
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
      if (request.method === "OPTIONS") {
        response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "");
        response.setHeader("access-control-allow-methods", "GET, POST, DELETE");
        return response.writeHead(204).end();
      }
      if (next && path === tokenPath) {
        const trouble = next;
        next = undefined;
        met();
        return trouble(response);
      }
      return answer({ ...note, query: new URL(request.url, "http://system.invalid").searchParams }, response);
    },
  };
}

/** Sends a JSON object that nobody keeps. */
export function json(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers }).end(JSON.stringify(body));
}

/** The fields of a body, by its type; undefined where it is of another type than `expected`. */
export function fieldsOf({ headers, body }, expected) {
  const type = (headers["content-type"] ?? "").split(";")[0];
  try {
    if (type !== expected) return undefined;
    return type === "application/json" ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
  } catch {
    return undefined;
  }
}

/** User and password of HTTP Basic. */
export function basicOf({ headers }) {
  const [, base64 = ""] = /^Basic (\S+)$/i.exec(headers.authorization ?? "") ?? [];
  const [user, ...password] = Buffer.from(base64, "base64").toString().split(":");
  return { user, password: password.join(":") };
}

async function read(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
