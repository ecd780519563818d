/** A system in which a person signs in, in memory, and the way in. */
import { createConnection } from "portcullis/connect";

const DATA = {
  id: "c", type: "three-legged", clientId: "s6BhdRkqt3", redirectUri: "https://client.example/cb",
  authorizationUrl: "https://as.example/authorize", tokenUrl: "https://as.example/token", apiOrigins: ["https://api.example"],
};
export const INVALID = [401, {}, { "www-authenticate": 'Bearer error="invalid_token"' }];

/**
 * A system in memory that rotates refresh tokens: each is good for one request. `next` answers the next
 * request to a path in its place, perhaps later.
 */
export function system() {
  const requests = [];
  const next = {};
  const good = new Set();
  let issued = 0;
  const issue = () => {
    good.clear();
    good.add(`r${++issued}`);
    return [200, { access_token: `t${issued}`, refresh_token: `r${issued}`, token_type: "Bearer", expires_in: 3600 }];
  };
  const answer = (path, { refresh_token }) => {
    if (path !== "/token") return [200, {}];
    return refresh_token === undefined || good.delete(refresh_token) ? issue() : [400, { error: "invalid_grant" }];
  };
  return {
    requests,
    next,
    /** Requests to a path, as their fields. */
    to: (path) => requests.filter((request) => request.path === path).map(({ fields }) => fields),
    async fetch(input, init) {
      const request = new Request(input, init);
      const path = new URL(request.url).pathname;
      const fields = Object.fromEntries(new URLSearchParams(await request.text()));
      requests.push({ path, fields });
      const instead = next[path];
      delete next[path];
      const [status, body, headers] = (await instead?.()) ?? answer(path, fields);
      return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
    },
  };
}

/** A system, and connections to it that are disposed of with the test. */
export function world(t) {
  let ahead = 0;
  const there = system();
  return {
    ...there,
    pass: (seconds) => (ahead += seconds),
    async connect(change = {}, options = {}) {
      const connection = await createConnection({ ...DATA, ...change }, { ...options, host: { fetch: there.fetch, now: () => 1_000_000 + ahead } });
      t.after(() => connection.dispose());
      return connection;
    },
  };
}

/** Where somebody comes back to who was sent to `url`. */
export const backFrom = (url) => `https://client.example/cb?code=c&state=${new URL(url).searchParams.get("state")}`;
export const letIn = async (connection) => connection.completeAuthorization(backFrom(await connection.authorizeUrl()));

/** Resolves when it is so. */
export async function until(isSo) {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A promise of an answer, and the way to give it. */
export function held() {
  const { promise, resolve } = Promise.withResolvers?.() ?? (() => {
    let resolve;
    return { promise: new Promise((it) => (resolve = it)), resolve };
  })();
  return [() => promise, resolve];
}
