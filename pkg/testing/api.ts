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
  let response = await send(token);
  let said = demandOf(response);
  if (said.error === "invalid_token") {
    const current = await session.token();
    response = await send(current === token ? await session.token(0, true) : current);
    said = demandOf(response);
  }
  if (said.error !== "insufficient_user_authentication") return response;
  const { max_age: maxAge = "", acr_values: acrValues = "" } = said;
  const values = acrValues.split(" ").filter(Boolean);
  throw error("step_up_required", { status: 401, acrValues: values, ...(/^\d+$/.test(maxAge) ? { maxAge: Number(maxAge) } : {}) });
}

/** What an answer demands, if anything. */
const demandOf = ({ status, headers }: Response) =>
  status === 401 ? bearerChallenge(headers.get("www-authenticate") ?? "") : {};

/** What the first Bearer challenge that the client heeds says, parameter by parameter (RFC 9110 §11.6.1). */
function bearerChallenge(header: string): { error?: string; max_age?: string; acr_values?: string } {
  const challenges: { scheme: string; said: Record<string, string> }[] = [];
  for (const [, name, quoted, plain] of header.matchAll(/([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=]+)))?/g)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? plain;
    if (value === undefined) challenges.push({ scheme: name!.toLowerCase(), said: {} });
    else Object.assign(challenges.at(-1)?.said ?? {}, { [name!.toLowerCase()]: value });
  }
  const heeded = ["invalid_token", "insufficient_user_authentication"];
  return challenges.find(({ scheme, said }) => scheme === "bearer" && heeded.includes(said["error"] ?? ""))?.said ?? {};
}

/** Headers as a plain object, with names in small letters. */
function plain(headers: HeadersInit = {}): Record<string, string> {
  const pairs = Symbol.iterator in headers ? [...(headers as Iterable<[string, string]>)] : Object.entries(headers);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}
