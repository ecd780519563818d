/**
 * The verifier: the module behind `portcullis/verify`, and behind a sign-in where WebCrypto is
 * missing or lacks the algorithm. A file of its own, loaded only then.
 *
 * @internal
 */
import { moduleBase64 } from "./build/verifier-module.js";
import { createGlue } from "./build/verifier-glue.js";
import { isOnTheEdge } from "./edge.js";
import { inflate, instances } from "./instance.js";

/** The module's class, as the glue exports it. Rejections that are meant are strings. */
export interface Verifier {
  jws(token: string, keys: string, options: string): Promise<[header: string, payload: Uint8Array]>;
  jwt(token: string, keys: string, isUrl: boolean, options: string): Promise<string>;
  logoutToken(token: string, keys: string, isUrl: boolean, options: string): Promise<string>;
  holds(alg: string, jwk: string, data: Uint8Array, signature: Uint8Array): boolean;
  digest(bits: number, data: Uint8Array): Uint8Array;
}

/** What the module asks of the platform. */
export interface VerifierHost {
  fetch: typeof fetch;
  now(): number;
}

const host: VerifierHost = {
  fetch: async (input, init) => globalThis.fetch(input, knowsCaches() ? init : ofNoPage(init)),
  now: () => Date.now() / 1000,
};

/** Older edge runtimes throw at settings that only mean something in a page. */
const knowsCaches = () => "cache" in (globalThis.Request?.prototype ?? {});
const ofNoPage = ({ cache, credentials, referrerPolicy, ...rest }: RequestInit = {}): RequestInit => rest;

interface Running {
  verifier: Verifier;
  /** What to call when the instance stops. */
  inFlight: Set<(cause: unknown) => void>;
}

const instantiate = instances(
  createGlue,
  () => inflate(moduleBase64),
  () => import("./build/verifier-js.js"),
);
let running: Promise<Running> | undefined;

/** Brings up the one verifier of this realm, which remembers key sets; a new one when the last has stopped. */
export function start(): Promise<Running> {
  running ??= bringUp().catch((error: unknown) => {
    running = undefined;
    throw error;
  });
  return running;
}

async function bringUp(): Promise<Running> {
  const instance = await instantiate();
  const inFlight: Running["inFlight"] = new Set();
  instance.onDead((cause) => {
    running = undefined;
    for (const fail of inFlight) fail(cause);
  });
  return { verifier: new instance.glue.Verifier(host, isOnTheEdge()), inFlight };
}

/** Does `work` with the verifier. Rejects with what it rejects with or throws, or why the module stopped. */
export async function verify<T>(work: (verifier: Verifier) => Promise<T>): Promise<T> {
  const { verifier, inFlight } = await start();
  let fail!: (cause: unknown) => void;
  const stopped = new Promise<never>((_, reject) => inFlight.add((fail = reject)));
  stopped.catch(() => {}); // a call that stops it at once throws by itself
  try {
    return await Promise.race([work(verifier), stopped]);
  } finally {
    inFlight.delete(fail);
  }
}

/** Whether a signature holds, in software. */
export async function holds(...question: Parameters<Verifier["holds"]>): Promise<boolean> {
  return (await start()).verifier.holds(...question);
}

/** The SHA-2 digest of 256, 384 or 512 bits, in software. */
export async function digest(...question: Parameters<Verifier["digest"]>): Promise<Uint8Array> {
  return (await start()).verifier.digest(...question);
}
