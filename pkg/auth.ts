/** The client as applications see it: plain data into the module, plain data out. Decides nothing. */

import { createEmitter } from "./emitter.js";
import { encode } from "./encode.js";
import { AuthError, Failure, told } from "./errors.js";
import { coreHost, own, pageUrl, whenIdle } from "./host.js";
import type { CoreSource } from "./load.js";
import { supervise } from "./supervise.js";
import type { Auth, AuthOptions, AuthState } from "./types.js";

/** Longer URLs do not enter the module, whose memory never shrinks. */
const longestUrl = 1 << 16;

/** The module counts seconds in 32 bits. */
const longestSpan = 2 ** 31 - 1;

/** Opens a client on the module that `source` gives. */
export async function openAuth(options: AuthOptions, source: CoreSource): Promise<Auth> {
  try {
    return await open(options, source);
  } catch (thrown) {
    throw await told(thrown);
  }
}

async function open(options: AuthOptions, source: CoreSource): Promise<Auth> {
  const { on, emit, clear } = createEmitter();
  const settings = encode(options, "host", "storage");
  const host = coreHost(options, (event, detail) => {
    if (event === "state") return readState();
    const value = frozen(detail);
    emit(event, event === "problem" ? { error: new AuthError(value.error) } : value);
  });
  const core = supervise(source, (module) => {
    host.complete = module.complete;
    return module.create(settings, host);
  }, readState);
  const { call, now } = core;
  // nobody waits for it: the state and the events tell
  host.look = (occasion) =>
    void call((client, whole) => whole(() => client.look(occasion))).catch(() => {});

  let text: string | undefined;
  let state!: AuthState;
  function readState() {
    const next = core.client?.state() ?? text; // while none is up, what was true last
    if (next === text) return;
    state = frozen((text = next!));
    emit("state", state);
  }

  /** Whoever is signed in will need all of the module, perhaps when it can no longer be loaded. */
  const prepare = () => whenIdle(core.complete);

  const isCallback = (url: string | URL = pageUrl()) =>
    now((client) => `${url}`.length <= longestUrl && client.isCallback(`${url}`));

  await core.start();
  if (state.user && !isCallback()) prepare();

  return Object.freeze<Auth>({
    get state() {
      return state;
    },

    get user() {
      return state.user;
    },

    login: (options) =>
      call((client, _whole, signal) => {
        host.signal = signal;
        try {
          return client.login(encode(options, "signal"));
        } finally {
          host.signal = undefined; // no later call begins with it
        }
      }, () => own(options).signal).then(completed),

    isCallback,

    handleCallback: (url = pageUrl()) =>
      call((client) => client.handleCallback(entering(url))).then((result) => {
        prepare();
        return completed(result);
      }),

    handleInitiatedLogin: (url = pageUrl()) =>
      call((client, whole) => whole(() => client.initiatedLogin(entering(url)))).then(completed),

    handleFrontChannelLogout: (url = pageUrl()) =>
      call((client, whole) => whole(() => client.frontChannelLogout(entering(url)))),

    getAccessToken: (options) =>
      call((client, whole) => {
        const { minValidity, forceRefresh } = own(options);
        const span = minValidity && Math.max(Math.min(Math.ceil(Number(minValidity)), longestSpan), 0);
        if (Number.isNaN(span)) throw new Failure("config_invalid", "minValidity");
        return client.tokenAtHand(span, !!forceRefresh) ?? whole(() => client.getAccessToken(span, !!forceRefresh));
      }),

    async fetch(input, init) {
      const request = new Request(input, init);
      const { method, signal, url } = request;
      let refused: unknown;
      const send = async (token: string, proof?: string) => {
        const copy = request.clone(); // the original stays whole for a replay
        copy.headers.set("authorization", `${proof ? "DPoP" : "Bearer"} ${token}`);
        if (proof) copy.headers.set("dpop", proof);
        try {
          return await host.fetch(copy);
        } catch (error) {
          throw (refused = error);
        }
      };
      try {
        // no API has a longer path
        return await call((client, whole) => whole(() => client.fetch(method, url.slice(0, longestUrl), send)), () => signal);
      } catch (error) {
        const { cause } = error as AuthError;
        throw cause && (cause === refused || cause === signal.reason) ? cause : error;
      }
    },

    userinfo: () => call((client, whole) => whole(() => client.userinfo())).then(parse),

    logout: (options) =>
      call(async (client, whole) => {
        // what could not be loaded is as a provider that cannot be reached: the sign-out stands
        if (await client.signOut(attempt(() => encode(options)))) await whole(() => client.leave(), () => client.stay());
      }),

    subscribe: (listener) => on("state", listener),
    on,
    diagnose: () =>
      call((client, whole) => whole(async () => {
        const before = client.trace();
        const found = await client.diagnose();
        const { diagnosis } = await import("./diagnosis.js").catch((cause) => {
          throw new Failure("network", "module", cause);
        });
        return diagnosis(found, before);
      })),
    trace: () => now((client) => parse(client.trace())),

    dispose() {
      core.end();
      clear();
    },
  });
}

/** What cannot be told the module keeps nobody signed in: it gets something that it refuses afterwards. */
function attempt(encode: () => string): string {
  try {
    return encode();
  } catch {
    return "";
  }
}

/** A URL on its way into the module. */
function entering(url: string | URL): string {
  if (`${url}`.length > longestUrl) throw new Failure("callback_too_large");
  return `${url}`;
}

const parse = (text: string) => JSON.parse(text);

/** A `CallbackResult`, in which `appState` is text as `encode` made it; what can no longer be read is as it is. */
function completed(text: string) {
  const result = parse(text);
  try {
    result.appState = parse(result.appState);
  } catch { /* somebody else wrote it */ }
  return result;
}

/** Frozen all the way down. */
const frozen = (text: string) => JSON.parse(text, (_key, value) => Object.freeze(value));
