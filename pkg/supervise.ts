/**
 * Keeps one client of the module up. The module can stop at any instruction (a trap: a defect, or
 * the stack or memory exhausted), and must not be used after that: its calls fail with `internal`,
 * and a client on a new instance goes on from what is stored.
 */

import { Failure, toAuthError, told } from "./errors.js";
import type { Core, CoreClient, CoreSource } from "./load.js";

/** A client that is brought up again when it stops. */
export interface Supervised {
  /** The client, while one is up. */
  readonly client: CoreClient | undefined;
  /** Resolves when a client is up; rejects with what there is to be told when none can be. */
  start(): Promise<unknown>;
  /**
   * Does `work` with the client: at once when it is up. Rejects with an `AuthError` only;
   * its `cause` is the reason of the signal when that ended the call.
   */
  call<T>(work: Work<T>, signalOf?: () => AbortSignal | undefined): Promise<T>;
  /** Loads the late half ahead of time; whoever needs it then hears of a failure. */
  complete(): void;
  /** Does `work` with the client that is up; throws an `AuthError` only, `internal` when none is. */
  now<T>(work: (client: CoreClient) => T): T;
  /** Releases the client for good. */
  end(): void;
}

/** What a call does with the client; `whole` is for what needs the late half of the module. */
type Work<T> = (client: CoreClient, whole: Whole, signal: AbortSignal | undefined) => Promise<T> | T;

/**
 * Does `work` once the late half is there: at once if it is. If it cannot be loaded, rejects with
 * `network`, or does what `otherwise` says.
 */
type Whole = <T>(work: () => Promise<T>, otherwise?: () => T) => Promise<T>;

/** `create` makes the client; `started` is called when it has come up, each time. */
export function supervise(
  source: CoreSource,
  create: (core: Core) => CoreClient,
  started: () => void,
): Supervised {
  const inFlight = new Set<(error: unknown) => void>();
  let client: CoreClient | undefined;
  let running: Core | undefined; // the client's instance
  let starting: Promise<CoreClient> | undefined;
  let restarts = true; // once between two calls: whatever stops it at once must not spin
  let ended = false;

  const start = () =>
    (starting ??= bringUp().finally(() => (starting = undefined)));

  async function bringUp() {
    const core = await source.instantiate().catch((cause) => {
      throw new Failure("unsupported", "module", cause);
    });
    const made = await new Promise<CoreClient>((resolve, reject) => {
      core.onDead((cause) => {
        client = undefined;
        const error = new Failure("internal", "", cause);
        reject(error);
        failAll(error);
        if (ended || !restarts) return;
        restarts = false;
        start().catch(() => {}); // the next call tries again and tells
      });
      const made = create(core);
      made.restore().then(() => resolve(made), reject);
    });
    if (core.dead) throw new Failure("internal");
    if (ended) {
      release(made);
      throw new Failure("disposed");
    }
    client = made;
    running = core;
    started();
    return made;
  }

  function failAll(error: unknown) {
    for (const fail of inFlight) fail(error);
  }

  return {
    get client() {
      return client;
    },

    start,

    call: (work, signalOf) =>
      new Promise((resolve, reject) => {
        let signal: AbortSignal | undefined;
        const over = () => {
          inFlight.delete(fail);
          signal?.removeEventListener("abort", abort);
        };
        const fail = (error: unknown) => {
          over();
          told(error).then(reject);
        };
        const abort = () => fail(toAuthError(new Failure("aborted", "", signal?.reason)));
        // not what was given up meanwhile
        const unlessOver = <R>(work: () => R) => (inFlight.has(fail) ? work() : undefined!);
        const whole: Whole = (work, otherwise) => {
          const begin = () => unlessOver(work);
          const loading = running!.complete();
          if (!loading) return begin();
          return loading.then(begin, (cause) => {
            if (otherwise) return otherwise();
            throw new Failure("network", "module", cause);
          });
        };
        if (ended) return fail(disposed());
        try {
          const given = signalOf?.();
          given?.addEventListener("abort", abort);
          signal = given;
        } catch (cause) {
          return fail(cause instanceof Failure ? cause : new Failure("config_invalid", "signal", cause));
        }
        if (signal?.aborted) return abort();
        inFlight.add(fail);
        restarts = true;
        const run = async (client: CoreClient) => unlessOver(() => work(client, whole, signal)); // what is thrown is a rejection
        (client ? run(client) : start().then(run)).then((value) => {
          over();
          resolve(value);
        }, fail);
      }),

    complete() {
      if (client) running!.complete()?.catch(() => {});
    },

    now(work) {
      try {
        if (client) return work(client);
      } catch (thrown) {
        throw toAuthError(thrown);
      }
      throw ended ? disposed() : toAuthError(new Failure("internal"));
    },

    end() {
      ended = true;
      failAll(disposed());
      if (client) release(client);
      client = undefined;
    },
  };
}

/** Whoever ended the client, or the call, knows: that is told at once. */
const disposed = () => toAuthError(new Failure("disposed"));

function release(client: CoreClient) {
  try {
    client.dispose();
    client.free();
  } catch { /* stopped: nothing is left to release */ }
}
