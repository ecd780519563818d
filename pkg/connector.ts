/**
 * The module behind `portcullis/connect`: brought up when it is needed for the first time, one instance
 * for each realm, and a new one when it has stopped.
 *
 * @internal
 */
import { createGlue } from "./build/connector-glue.js";
import { moduleBase64 } from "./build/connector-module.js";
import type { GateVerdict } from "./connect/gates.js";
import type { DeviceSignIn, ExchangeStep, Preview, Problem, TestReport } from "./connect/types.js";
import { Failure } from "./errors.js";
import { type Glue, inflate, type Instance, instances } from "./instance.js";

/** The module's exports, as the glue has them. Rejections that are meant are strings. */
export interface ConnectorGlue extends Glue {
  readonly Connector: new (data: unknown, settings: unknown, host: ServiceHost) => CoreConnector;
  readonly Gate: new (data: unknown, isPage: boolean, host: ServiceHost) => CoreGate;
  readonly GateService: new (user: string, password: string, addresses?: readonly string[], path?: string) => CoreGateService;
  askRelay(host: ServiceHost, url: string, email: string): Promise<GateVerdict>;
  previewConnection(data: unknown): Preview;
  validateConnection(data: unknown): Problem[];
}

/** A connection inside the module. */
export interface CoreConnector {
  token(scope: string | undefined, audience: string | undefined, another: boolean): Promise<string>;
  fetch(url: string, scope: string | undefined, audience: string | undefined, send: (headers: [string, string][]) => Promise<Response>): Promise<Response>;
  authorizeUrl(scope?: string, audience?: string): Promise<[url: string, state: string]>;
  completeAuthorization(url: string): Promise<void>;
  device(scope?: string, audience?: string): Promise<[prompt: Omit<DeviceSignIn, "completed">, waiting: { completed(): Promise<void> }]>;
  introspect(token: string | undefined, hint: string): Promise<Record<string, unknown> & { active: boolean }>;
  revoke(token: string | undefined, hint: string): Promise<void>;
  signOut(): Promise<void>;
  test(): Promise<TestReport>;
  preview(): Preview;
  trace(): ExchangeStep[];
}

/** A gate inside the module. */
export interface CoreGate {
  check(email: string, user: string): Promise<GateVerdict>;
}

/** The service behind a gate, inside the module. */
export interface CoreGateService {
  judge(method: string, path: string, query: string, authorization: string, address?: string): string | Reply;
  reply(email: string, authorised?: boolean): Reply;
}

/** What the service answers. */
export interface Reply {
  status: number;
  headers: [string, string][];
  body: string;
}

/** What the module asks of the platform. */
export interface ServiceHost {
  fetch: typeof fetch;
  /** Unix time in seconds. */
  now(): number;
  /** How many minutes the local clock is ahead of UTC. */
  offset(): number;
  random(length: number): Uint8Array;
  /** Rejects if nobody waits any longer. */
  wait(seconds: number): Promise<void>;
  /** The secret of that name, or undefined. */
  secret(name: string): Promise<string | undefined>;
  /** Whether there is a store. */
  isShared(): boolean;
  load(key: string): Promise<string | undefined>;
  /** 0 seconds are as long as it likes. */
  keep(key: string, text: string, seconds: number): Promise<void>;
  forget(key: string): Promise<void>;
}

/** One instance of the module. */
export interface Realm {
  readonly glue: ConnectorGlue;
  readonly instance: Instance<ConnectorGlue>;
  /** What to call when it stops. */
  readonly inFlight: Set<(error: unknown) => void>;
}

const instantiate = instances(
  createGlue,
  () => inflate(moduleBase64),
  () => import("./build/connector-js.js"),
);
let starting: Promise<Realm> | undefined;

/** The instance that is up, or a new one. Rejects with `unsupported`. */
export function realm(): Promise<Realm> {
  return (starting ??= bringUp().catch((cause) => {
    starting = undefined;
    throw new Failure("unsupported", "module", cause);
  }));
}

async function bringUp(): Promise<Realm> {
  const instance = await instantiate();
  const inFlight: Realm["inFlight"] = new Set();
  instance.onDead((cause) => {
    starting = undefined;
    for (const fail of inFlight) fail(new Failure("internal", "", cause));
  });
  return { glue: instance.glue, instance, inFlight };
}

/** Something that lives in the module, and is made anew when the instance has stopped. */
export interface Resident<T> {
  /** Does `work` with it. Rejects with what there is to be told; `signal` ends the waiting, not the work. */
  call<R>(work: (resident: T) => Promise<R> | R, signal?: AbortSignal): Promise<R>;
  /** It, if it is there. */
  readonly now: T | undefined;
  /** Ends every call. */
  end(error: unknown): void;
}

/** Makes it with `make` when it is first needed. */
export function resident<T>(make: (glue: ConnectorGlue) => T): Resident<T> {
  let home: Realm | undefined;
  let made: T | undefined;
  let ended: unknown;
  const calls = new Set<(error: unknown) => void>();

  async function up(): Promise<{ home: Realm; made: T }> {
    const current = await realm();
    if (current !== home) {
      made = make(current.glue);
      home = current;
    }
    return { home, made: made! };
  }

  return {
    get now() {
      return home?.instance.dead === false ? made : undefined;
    },

    call: (work, signal) =>
      new Promise((resolve, reject) => {
        let inFlight: Realm["inFlight"] | undefined;
        const over = () => {
          calls.delete(fail);
          inFlight?.delete(fail);
          signal?.removeEventListener("abort", abort);
        };
        const fail = (error: unknown) => {
          over();
          reject(error);
        };
        const abort = () => fail(new Failure("aborted", "", signal!.reason));
        if (ended) return fail(ended);
        if (signal?.aborted) return abort();
        signal?.addEventListener("abort", abort);
        calls.add(fail);
        up().then(({ home, made }) => {
          if (!calls.has(fail)) return undefined!; // given up meanwhile
          (inFlight = home.inFlight).add(fail);
          return work(made);
        }).then((value) => {
          over();
          resolve(value);
        }, fail);
      }),

    end(error) {
      ended = error;
      for (const fail of [...calls]) fail(error);
    },
  };
}
