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
   * its `cause` is the reason of `signal` when that ended the call.
   */
  call<T>(work: (client: CoreClient) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Does `work` with the client that is up; throws an `AuthError` only, `internal` when none is. */
  now<T>(work: (client: CoreClient) => T): T;
  /** Releases the client for good. */
  end(): void;
}

/** `create` makes the client; `started` is called when it has come up, each time. */
export function supervise(
  source: CoreSource,
  create: (core: Core) => CoreClient,
  started: () => void,
): Supervised {
  const inFlight = new Set<(error: unknown) => void>();
  let client: CoreClient | undefined;
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

    call: (work, signal) =>
      new Promise((resolve, reject) => {
        const over = () => {
          inFlight.delete(fail);
          signal?.removeEventListener("abort", abort);
        };
        const fail = (error: unknown) => {
          over();
          told(error).then(reject);
        };
        const abort = () => fail(toAuthError(new Failure("aborted", "", signal?.reason)));
        if (ended) return fail(disposed());
        if (signal?.aborted) return abort();
        signal?.addEventListener("abort", abort);
        inFlight.add(fail);
        restarts = true;
        const run = async (client: CoreClient) => work(client); // what is thrown is a rejection
        (client ? run(client) : start().then(run)).then((value) => {
          over();
          resolve(value);
        }, fail);
      }),

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
