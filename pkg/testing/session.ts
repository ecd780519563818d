/** The mock's session: who is signed in, with which token, and the snapshots that tell of it. */

import type { AuthError } from "../errors.js";
import type { AuthEvents, AuthState, User } from "../types.js";
import { type MakeError, leavesStale } from "./error.js";
import type { FakeUser, MockAuthOptions } from "./mocks.js";

/** What is held while somebody is signed in. */
interface Held {
  user: User;
  token: string;
  expiresAt: number | null;
  scope: readonly string[];
  stale: boolean;
}

/** The session of one mock. */
export type MockSession = ReturnType<typeof createSession>;

/** `emit` tells listeners; `ready` is what a refresh waits for, and rejects with what makes it fail. */
export function createSession(
  options: MockAuthOptions,
  now: () => number,
  error: MakeError,
  emit: (event: string, detail: unknown) => void,
  ready: () => Promise<void>,
) {
  const { accessToken = "test-access-token", expiresIn = 3600, issuer = "https://id.test", scope = "openid" } = options;
  const somebody = options.user ?? { sub: "test-user" };
  let held: Held | null = null;
  let signingIn = 0;
  let tokens = 0;
  let flight: Promise<string> | undefined;
  let text: string | undefined;
  let state!: AuthState;

  const begin = (user: FakeUser, granted: string | readonly string[] = scope): Held => ({
    user: { iss: issuer, ...user }, ...nextToken(), scope: typeof granted === "string" ? granted.split(" ") : granted, stale: false,
  });

  const nextToken = () => ({
    token: tokens++ ? `${accessToken}-${tokens}` : accessToken,
    expiresAt: expiresIn === null ? null : Math.floor(now() + expiresIn),
  });

  if (options.signedIn ?? options.user) held = begin(somebody);
  tell();

  /** A new snapshot, if anything in it has changed. */
  function tell() {
    const next = JSON.stringify({
      status: held ? (held.stale ? "stale" : "signed-in") : signingIn ? "signing-in" : "signed-out",
      user: held?.user ?? null,
      accessTokenExpiresAt: held?.expiresAt ?? null,
      scope: held?.scope ?? [],
    });
    if (next === text) return;
    state = frozen((text = next));
    emit("state", state);
  }

  function change(changes: Partial<Held>) {
    if (held) held = { ...held, ...changes };
    tell();
  }

  function end(reason: AuthEvents["signed-out"]["reason"]) {
    if (!held) return;
    held = null;
    tell();
    emit("signed-out", frozen(JSON.stringify({ reason })));
  }

  async function refresh(): Promise<string> {
    try {
      await ready();
    } catch (failed) {
      if ((failed as AuthError).code === "session_expired") end("refused");
      else if (leavesStale(failed as AuthError)) change({ stale: true });
      throw failed;
    }
    if (!held) throw error("login_required"); // signed out meanwhile
    const next = nextToken();
    change({ ...next, stale: false });
    emit("refreshed", frozen(JSON.stringify({ accessTokenExpiresAt: next.expiresAt })));
    return next.token;
  }

  return {
    get state() {
      return state;
    },

    /** Claims of whoever is signed in; rejects with `login_required`. */
    user(): User {
      if (!held) throw error("login_required");
      return state.user!;
    },

    /** One that is good for so many seconds; one refresh for everybody who asks. */
    async token(minValidity = 30, force = false): Promise<string> {
      if (!held) throw error("login_required");
      const { expiresAt, token } = held;
      if (!force && (expiresAt === null || expiresAt - now() >= minValidity)) return token;
      return (flight ??= refresh().finally(() => (flight = undefined)));
    },

    /** Begins a session; the snapshot comes before the event. */
    signIn(user: FakeUser = somebody, scope?: string | readonly string[]): User {
      held = begin(user, scope);
      tell();
      emit("signed-in", Object.freeze({ user: state.user }));
      return state.user!;
    },

    /** One more sign-in under way, or one less. */
    signingIn(by: 1 | -1) {
      signingIn += by;
      tell();
    },

    end,
    expire: () => change({ expiresAt: Math.floor(now()) - 1 }),
    goStale: () => change({ stale: true }),
  };
}

/** Frozen all the way down. */
const frozen = (text: string) => JSON.parse(text, (_key, value) => Object.freeze(value));
