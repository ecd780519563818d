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
import { isOnTheEdge } from "./edge.js";
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

/** What takes up the module's memory until it is given back. */
export interface Owned {
  /** Nothing may be called afterwards; what was begun goes on. */
  free(): void;
}

/** A connection inside the module. */
export interface CoreConnector extends Owned {
  token(scope: string | undefined, audience: string | undefined, another: boolean): Promise<string>;
  fetch(url: string, scope: string | undefined, audience: string | undefined, send: (headers: [string, string][]) => Promise<Response>): Promise<Response>;
  authorizeUrl(scope?: string, audience?: string): Promise<[url: string, state: string]>;
  completeAuthorization(url: string): Promise<void>;
  /** Resolves when they have decided; asks no more once `timer` rejects. */
  device(
    scope: string | undefined, audience: string | undefined, prompted: (prompt: Omit<DeviceSignIn, "completed">) => void, timer: Pick<ServiceHost, "wait">,
  ): Promise<void>;
  introspect(token: string | undefined, hint: string): Promise<Record<string, unknown> & { active: boolean }>;
  revoke(token: string | undefined, hint: string): Promise<void>;
  signOut(): Promise<void>;
  test(): Promise<TestReport>;
  preview(): Preview;
  trace(): ExchangeStep[];
}

/** A gate inside the module. */
export interface CoreGate extends Owned {
  check(email: string, user: string): Promise<GateVerdict>;
}

/** The service behind a gate, inside the module. */
export interface CoreGateService extends Owned {
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
  /** Rejects if nobody waits any longer, for anything or, says `signal`, for this. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
  /** The secret of that name, or undefined. */
  secret(name: string): Promise<string | undefined>;
  /** Whether there is a store. */
  isShared(): boolean;
  load(key: string): Promise<string | undefined>;
  /** 0 seconds are as long as it likes. */
  keep(key: string, text: string, seconds: number): Promise<void>;
  forget(key: string): Promise<void>;
  /** Tells whoever runs this what is not as it should be, though it goes on. */
  warn(text: string): void;
}

/** One instance of the module. */
export interface Realm {
  readonly glue: ConnectorGlue;
  readonly instance: Instance<ConnectorGlue>;
  /** What to call when it stops. */
  readonly inFlight: Set<(error: unknown) => void>;
}

const instancesOfItsOwn = () => instances(
  createGlue,
  () => inflate(moduleBase64),
  () => import("./build/connector-js.js"),
);
const instantiate = instancesOfItsOwn();
let starting: Promise<Realm> | undefined;
let up: Realm | undefined;

/** The instance that is up, or a new one. Rejects with `unsupported`. */
export function realm(): Promise<Realm> {
  // on the edge nobody waits for what another request brings up: the first that is there is everybody's
  if (isOnTheEdge()) return up ? Promise.resolve(up) : bringUp(instancesOfItsOwn()).then((realm) => (up ??= realm), unsupported);
  return (starting ??= bringUp(instantiate).catch((cause) => {
    starting = undefined;
    return unsupported(cause);
  }));
}

function unsupported(cause: unknown): never {
  throw new Failure("unsupported", "module", cause);
}

async function bringUp(instantiate: () => Promise<Instance<ConnectorGlue>>): Promise<Realm> {
  const instance = await instantiate();
  const inFlight: Realm["inFlight"] = new Set();
  instance.onDead((cause) => {
    starting = up = undefined;
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
  /** Ends every call, and gives it back. */
  end(error: unknown): void;
}

/** Where a resident lives; knows nothing of who holds the {@link Resident}, so that that can be collected. */
interface Lodging<T> {
  stay?: Stay<T>;
  /** Those who wait, to be told that it is over. */
  readonly calls: Set<(error: unknown) => void>;
  /** Nobody will call any more. */
  left: boolean;
}

/** What lives in one instance. */
interface Stay<T> {
  readonly home: Realm;
  readonly made: T;
  /** How much of what was begun has not ended, awaited or not. */
  begun: number;
}

/** Makes it with `make` when it is first needed. It is given back when it is ended, or nobody can call it any more. */
export function resident<T extends object>(make: (glue: ConnectorGlue) => T): Resident<T> {
  const lodging: Lodging<T> = { calls: new Set(), left: false };
  const resident = residentOf(lodging, make);
  abandoned()?.register(resident, lodging);
  return resident;
}

function residentOf<T extends object>(lodging: Lodging<T>, make: (glue: ConnectorGlue) => T): Resident<T> {
  const { calls } = lodging;
  let ended: unknown;

  return {
    get now() {
      return lodging.stay?.home.instance.dead === false ? lodging.stay.made : undefined;
    },

    call: (work, signal) =>
      new Promise((resolve, reject) => {
        let inFlight: Realm["inFlight"] | undefined;
        const over = () => {
          calls.delete(fail);
          inFlight?.delete(fail);
          signal?.removeEventListener("abort", abort);
          giveBack(lodging);
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
        realm().then(async (home) => {
          if (!calls.has(fail)) return undefined!; // given up meanwhile
          if (home !== lodging.stay?.home) lodging.stay = { home, made: make(home.glue), begun: 0 };
          const { stay } = lodging;
          (inFlight = home.inFlight).add(fail);
          stay.begun++;
          try {
            return await work(stay.made);
          } finally {
            stay.begun--;
            giveBack(lodging);
          }
        }).then((value) => {
          over();
          resolve(value);
        }, fail);
      }),

    end(error) {
      ended = error;
      for (const fail of [...calls]) fail(error);
      leave(lodging);
    },
  };
}

/** Those whose {@link Resident} was dropped without an end; not every edge runtime tells. */
const abandoned = (): FinalizationRegistry<Lodging<object>> | undefined =>
  (registry ??= typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry<Lodging<object>>(leave));
let registry: FinalizationRegistry<Lodging<object>> | undefined;

function leave(lodging: Lodging<object>): void {
  lodging.left = true;
  giveBack(lodging);
}

/** Gives the memory back once nothing will be called: not on the way out of the module, where it may be borrowed. */
function giveBack(lodging: Lodging<object>): void {
  const { stay, left, calls } = lodging;
  if (!left || !stay || stay.begun > 0 || calls.size > 0) return;
  delete lodging.stay;
  queueMicrotask(() => {
    // an instance that has stopped is collected as a whole
    if (!stay.home.instance.dead) (stay.made as Partial<Owned>).free?.();
  });
}
