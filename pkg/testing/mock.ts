/** A client for unit tests: all of `Auth`, without network, module or storage. */

import { createEmitter } from "../emitter.js";
import type { AuthError } from "../errors.js";
import { pageUrl } from "../host.js";
import type { Auth, CallbackResult, LoginOptions, TraceEvent } from "../types.js";
import { call, isRequest } from "./api.js";
import { errorMaker } from "./error.js";
import type { FakeUser, MockAuth, MockAuthOptions, MockMethod, MockStep } from "./mocks.js";
import { createSession } from "./session.js";

/** The real client's trace is as long. */
const longestTrace = 100;

/**
 * Makes a client for a test, at once: hand it to the application in place of what `createAuth()`
 * resolves to. Throws nothing. Next, have the application call it, and look at `calls`, or drive it by
 * `signIn()`, `expire()`, `fail()` and their like.
 */
export function createMockAuth(options: MockAuthOptions = {}): MockAuth {
  const now = () => options.now?.() ?? Date.now() / 1000;
  const here = () => (pageUrl().startsWith("http") ? pageUrl() : undefined);
  const { redirectUri = new URL("/callback", here() ?? "https://app.test").href } = options;
  const { origin } = new URL(redirectUri);
  const page = () => here() ?? `${origin}/`;

  const emitter = createEmitter();
  const error = errorMaker();
  const failures: { step: MockStep; error: AuthError; times: number }[] = [];
  const holds = new Set<{ method: string; released: Promise<void> }>();
  const inFlight = new Set<(error: unknown) => void>();
  const callbacks = new Map<string, Promise<CallbackResult>>();
  /** By state, who signed in by it; nobody if it failed. */
  const finished = new Map<string, string | undefined>();
  const trace: TraceEvent[] = [];
  const calls = Object.fromEntries(METHODS.map((method) => [method, []])) as unknown as Calls;
  /** What the last sign-in was started with. */
  let latest: { returnTo: string; appState: string; scope?: LoginOptions["scope"] } = { returnTo: "/", appState: "null" };
  let disposed = false;

  const emit = (event: string, detail: unknown) => {
    if (!disposed) emitter.emit(event, detail);
  };
  const session = createSession(options, now, error, emit, async () => {
    await held("refresh");
    if (disposed) throw error("disposed");
    const failed = failureOf("refresh");
    if (failed) throw failed;
  });
  const api = { session, error, origins: options.apiOrigins ?? [origin], base: page, fetch: options.fetch };

  const held = (method: string) =>
    Promise.all([...holds].filter((hold) => hold.method === method).map(({ released }) => released));

  /** What was said of the next such step. */
  function failureOf(step: MockStep): AuthError | undefined {
    const found = failures.find((failure) => failure.step === step && failure.times > 0);
    if (found) found.times -= 1;
    return found?.error;
  }

  function note<M extends MockMethod>(method: M, args: Parameters<Auth[M]>) {
    calls[method].push(args);
    trace.push({ at: now(), step: method, from: "portal", to: "portcullis", detail: {} });
    if (trace.length > longestTrace) trace.shift();
  }

  /** Does `work` unless the call is to fail, is given up, or is held for ever. */
  function run<T>(
    method: MockMethod,
    work: () => T | Promise<T>,
    signal?: AbortSignal | null,
    aborted = (cause: unknown): unknown => error("aborted", { cause }),
  ): Promise<T> {
    if (disposed) return Promise.reject(error("disposed"));
    if (signal?.aborted) return Promise.reject(aborted(signal.reason));
    const failed = method === "logout" ? undefined : failureOf(method);
    return new Promise((resolve, reject) => {
      const fail = (reason: unknown) => {
        inFlight.delete(fail);
        signal?.removeEventListener("abort", abort);
        reject(reason);
      };
      const abort = () => fail(aborted(signal!.reason));
      signal?.addEventListener("abort", abort);
      inFlight.add(fail);
      const begin = async () => {
        await held(method);
        if (!inFlight.has(fail)) return; // given up meanwhile
        if (failed) throw failed;
        const value = await work();
        signal?.removeEventListener("abort", abort);
        inFlight.delete(fail);
        resolve(value);
      };
      begin().catch(fail);
    });
  }

  /** The same for what may sign somebody in: `signing-in` until it is known. */
  function signIn(method: MockMethod, work: () => CallbackResult, signal?: AbortSignal) {
    if (disposed) return run(method, work);
    session.signingIn(1);
    return run(method, work, signal).finally(() => session.signingIn(-1));
  }

  /** Path, query and fragment on this origin; null elsewhere. */
  function pathOf(url: string): string | null {
    try {
      const target = new URL(url, page());
      return target.origin === origin ? target.pathname + target.search + target.hash : null;
    } catch {
      return null;
    }
  }

  const result = (user: CallbackResult["user"], replayed = false): CallbackResult =>
    ({ user, returnTo: latest.returnTo, appState: JSON.parse(latest.appState), replayed });

  function login(method: "login" | "handleInitiatedLogin", { returnTo, appState = null, scope, signal }: LoginOptions) {
    let kept: string;
    try {
      kept = JSON.stringify(appState) ?? "null";
    } catch (cause) {
      return Promise.reject(error(disposed ? "disposed" : "config_invalid", { place: "options", cause }));
    }
    const asked = returnTo === undefined ? undefined : pathOf(returnTo);
    if (asked === null) emit("problem", Object.freeze({ error: error("return_to_rejected") }));
    latest = { returnTo: asked ?? pathOf(page()) ?? "/", appState: kept, scope };
    return signIn(method, () => result(session.signIn(undefined, scope)), signal);
  }

  /** The parameters of a URL; none for what is no URL. */
  function parametersOf(url: string): URLSearchParams {
    try {
      return new URL(url).searchParams;
    } catch {
      return new URLSearchParams();
    }
  }

  const returnOf = (state: string | null, parameters: URLSearchParams): CallbackResult => {
    if (state !== null && finished.has(state)) {
      // the session it began, and nobody else's
      const sub = finished.get(state);
      if (sub === undefined || session.state.user?.sub !== sub) throw error("callback_state_unknown");
      return result(session.user(), true);
    }
    const refusal = parameters.get("error");
    if (refusal !== null) {
      const description = parameters.get("error_description");
      throw error("authorization_error", { oauth: { error: refusal, ...(description ? { description } : {}) } });
    }
    const user = session.signIn(undefined, latest.scope);
    if (state !== null) finished.set(state, user.sub);
    return result(user);
  };

  const mock: MockAuth = {
    calls,

    get state() {
      return session.state;
    },

    get user() {
      return session.state.user;
    },

    login(...args) {
      note("login", args);
      return login("login", args[0] ?? {});
    },

    isCallback(url = pageUrl()) {
      if (disposed) throw error("disposed");
      const [path] = `${url}`.split(/[?#]/);
      return path === redirectUri.split("?")[0] && parametersOf(`${url}`).has("state");
    },

    handleCallback(...args) {
      note("handleCallback", args);
      const parameters = parametersOf(`${args[0] ?? pageUrl()}`);
      const state = parameters.get("state");
      const shared = state === null ? undefined : callbacks.get(state);
      if (shared) return shared;
      const once = signIn("handleCallback", () => returnOf(state, parameters));
      if (state === null) return once;
      callbacks.set(state, once);
      const over = () => void callbacks.delete(state);
      once.then(over, () => {
        over();
        if (!finished.has(state)) finished.set(state, undefined);
      });
      return once;
    },

    handleInitiatedLogin(...args) {
      note("handleInitiatedLogin", args);
      const parameters = parametersOf(`${args[0] ?? pageUrl()}`);
      if (!disposed && parameters.get("iss") !== issuerOf(options)) return Promise.reject(error("initiate_iss"));
      return login("handleInitiatedLogin", { returnTo: pathOf(parameters.get("target_link_uri") ?? "/") ?? "/" });
    },

    handleFrontChannelLogout(...args) {
      note("handleFrontChannelLogout", args);
      const parameters = parametersOf(`${args[0] ?? pageUrl()}`);
      return run("handleFrontChannelLogout", () => {
        if (parameters.get("iss") !== issuerOf(options) || !parameters.has("sid")) return false;
        if (session.state.user?.["sid"] === parameters.get("sid")) session.end("provider");
        return true;
      });
    },

    getAccessToken(...args) {
      note("getAccessToken", args);
      const { minValidity, forceRefresh } = args[0] ?? {};
      return run("getAccessToken", () => session.token(minValidity, forceRefresh));
    },

    fetch(...args) {
      note("fetch", args);
      const [input, init] = args;
      const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined);
      return run("fetch", () => call(api, input, init), signal, (reason) => reason);
    },

    userinfo() {
      note("userinfo", []);
      return run("userinfo", async () => {
        await session.token();
        const { sub, ...claims } = session.user();
        return JSON.parse(JSON.stringify({ ...(options.userinfo ?? claims), sub }));
      });
    },

    logout(...args) {
      note("logout", args);
      if (!disposed) session.end("logout"); // here first, and at once
      return run("logout", () => {});
    },

    subscribe: (listener) => emitter.on("state", listener),
    on: emitter.on,

    diagnose() {
      note("diagnose", []);
      const fine = { ok: true, checks: [], report: "a mock: nothing was checked" };
      return run("diagnose", () => options.diagnosis ?? fine);
    },

    trace() {
      if (disposed) throw error("disposed");
      return trace.map((event) => ({ ...event }));
    },

    dispose() {
      disposed = true;
      for (const fail of [...inFlight]) fail(error("disposed"));
      emitter.clear();
    },

    signIn: (user?: FakeUser) => void (disposed || session.signIn(user)),
    signOut: (reason = "logout") => void (disposed || session.end(reason)),
    expire: () => void (disposed || session.expire()),
    goStale: () => void (disposed || session.goStale()),
    emit: (event, detail) => emit(event, Object.freeze({ ...detail })),
    fail: (step, code, { times = 1, ...details } = {}) =>
      void failures.push({ step, error: error(code, details, step === "handleCallback"), times }), // which uses up its sign-in
    error,

    hold(method) {
      let release!: () => void;
      const hold = { method, released: new Promise<void>((resolve) => (release = resolve)) };
      holds.add(hold);
      return () => {
        holds.delete(hold);
        release();
      };
    },
  };
  return mock;
}

type Calls = { [M in MockMethod]: Parameters<Auth[M]>[] };

const METHODS: readonly MockMethod[] = [
  "login", "handleCallback", "handleInitiatedLogin", "handleFrontChannelLogout", "getAccessToken", "fetch", "userinfo",
  "logout", "diagnose",
];

const issuerOf = ({ issuer = "https://id.test" }: MockAuthOptions) => issuer;
