/** The mock's `fetch()`: the token to the origins that may have it, and what an API demands. */

import type { MakeError } from "./error.js";
import type { MockSession } from "./session.js";

/** What `fetch()` goes by. */
export interface Api {
  readonly session: MockSession;
  readonly error: MakeError;
  /** The origins that may have the token. */
  readonly origins: readonly string[];
  /** What relative URLs are relative to. */
  readonly base: () => string;
  readonly fetch: typeof fetch | undefined;
}

/** Whether it is one, without asking for a class that a test's environment may lack. */
export const isRequest = (input: Parameters<typeof fetch>[0]): input is Request => typeof input === "object" && "url" in input;

/** As the client's own `fetch()`; fails as that does. */
export async function call({ session, error, origins, base, ...api }: Api, input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  const url = new URL(isRequest(input) ? input.url : input, base());
  if (!origins.includes(url.origin)) throw error("origin_not_allowed");
  const original = isRequest(input) ? new Request(input, init) : undefined;
  const send = (token: string) => {
    const fetch = api.fetch ?? globalThis.fetch;
    const authorization = `Bearer ${token}`;
    if (!original) return fetch(url.href, { ...init, headers: { ...plain(init?.headers), authorization } });
    const copy = original.clone(); // the original stays whole for a replay
    copy.headers.set("authorization", authorization);
    return fetch(copy);
  };

  const token = await session.token();
  const response = await send(token);
  const challenge = response.status === 401 ? (response.headers.get("www-authenticate") ?? "") : "";
  const parameter = (name: string) => new RegExp(`\\b${name}="?([^",]+)`, "i").exec(challenge)?.[1];
  switch (parameter("error")) {
    case "invalid_token": {
      const current = await session.token();
      return send(current === token ? await session.token(0, true) : current);
    }
    case "insufficient_user_authentication": {
      const maxAge = parameter("max_age");
      const acrValues = parameter("acr_values")?.split(" ") ?? [];
      throw error("step_up_required", { status: 401, acrValues, ...(maxAge ? { maxAge: Number(maxAge) } : {}) });
    }
    default:
      return response;
  }
}

/** Headers as a plain object, with names in small letters. */
function plain(headers: HeadersInit = {}): Record<string, string> {
  const pairs = Symbol.iterator in headers ? [...(headers as Iterable<[string, string]>)] : Object.entries(headers);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}
