/** The e-mail gate: who asks it, the page's way there, and the service itself. */

import { type Reply, resident } from "../connector.js";
import { encode } from "../encode.js";
import { told } from "../errors.js";
import { own } from "../host.js";
import type { GateData } from "./data.js";
import type {
  Gate, GateContext, GateHandlerOptions, GateOptions, GateRelayOptions, PageGateOptions,
} from "./gates.js";
import { isPage, serviceHost } from "./host.js";

/**
 * Asks an e-mail gate, from a server. Rejects with `config_invalid`, naming the field; the same in a
 * page, where {@link createPageGate} is the one.
 */
export async function createGate(data: GateData, options: GateOptions): Promise<Gate> {
  const { user, password, host } = own(options);
  const plain = await inWords(() => JSON.parse(encode(data)));
  const service = serviceHost({ host, secrets: { password } } as Parameters<typeof serviceHost>[0]);
  const home = resident(({ Gate }) => new Gate(plain, isPage(), service));
  const call = <T>(work: Parameters<typeof home.call<T>>[0], signal?: AbortSignal) => inWords(() => home.call(work, signal));
  await call(() => {});
  return Object.freeze<Gate>({
    check(email, options) {
      const { signal } = own(options);
      return call((gate) => gate.check(enter(email), `${user ?? ""}`), signal);
    },
  });
}

/**
 * The page's way to a gate: through the portal's own back end, where {@link createGateRelay} answers. Follows
 * no redirect.
 */
export function createPageGate(options: PageGateOptions): Gate {
  const { url, fetch = globalThis.fetch } = options;
  // the back end may know its user by a cookie
  const host = { fetch: ((input, init) => fetch(input, { ...init, credentials: "same-origin" })) as typeof fetch };
  const service = serviceHost({ host });
  const home = resident((glue) => glue);
  return Object.freeze<Gate>({
    async check(email, options) {
      const { signal } = own(options);
      const there = new URL(url, location.href);
      there.searchParams.set("email", enter(email));
      return inWords(() => home.call((glue) => glue.askRelay(service, there.href, enter(email)), signal));
    },
  });
}

/** The back end's half of {@link createPageGate}: asks the gate about the user whose request it is, and nobody else. */
export function createGateRelay(options: GateRelayOptions): (request: Request) => Promise<Response> {
  const { gate, email: who } = options;
  return async (request) => {
    const email = await who(request);
    if (!email) return answer(401, { error: "login_required", error_message: "nobody is signed in" });
    const asked = new URL(request.url).searchParams.get("email");
    if (asked !== null && asked !== email) {
      return answer(403, { error: "forbidden", error_message: "that is somebody else's address" });
    }
    const { authorised, message } = await gate.check(email);
    return answer(200, { email, authorised, ...(message !== undefined && { message }) });
  };
}

/**
 * The service itself, as a fetch-style handler. Rejects with `config_invalid` if its options are wrong;
 * otherwise every request gets an answer.
 */
export function createGateHandler(options: GateHandlerOptions): (request: Request, context?: GateContext) => Promise<Response> {
  const { user, password, isAuthorised, allowedAddresses, path } = options;
  const home = resident(({ GateService }) =>
    new GateService(text(user), text(password), allowedAddresses && [...allowedAddresses], path));
  return async (request, context) => {
    const { pathname, search } = new URL(request.url);
    const authorization = request.headers.get("authorization") ?? "";
    const decided = await inWords(() => home.call((service) =>
      service.judge(request.method, pathname, search.slice(1), authorization, own(context).address)));
    if (typeof decided !== "string") return respond(decided);
    const authorised = await ask(decided);
    return respond(await inWords(() => home.call((service) => service.reply(decided, authorised))));
  };

  async function ask(email: string): Promise<boolean | undefined> {
    try {
      return (await isAuthorised(email)) === true;
    } catch {
      return undefined;
    }
  }
}

const everyAnswer = { "cache-control": "no-store", "content-type": "application/json; charset=utf-8", "x-content-type-options": "nosniff" };

/** No address is as long as this; longer text does not enter the module, whose memory never shrinks. */
const enter = (email: string): string => `${email}`.slice(0, 1 << 10);

/** Nothing for what is no text: the source of a function is no password. */
const text = (value: unknown): string => (typeof value === "string" ? value : "");

const respond = ({ status, headers, body }: Reply): Response =>
  new Response(body, { status, headers: { ...everyAnswer, ...Object.fromEntries(headers) } });

const answer = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), { status, headers: everyAnswer });

/** What `work` comes to; what it rejects with or throws, as an `AuthError`. */
async function inWords<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw await told(thrown);
  }
}
