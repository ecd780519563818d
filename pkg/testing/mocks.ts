/** The types of the mock: how it is made, and what a test does with it. */

import type { AuthError, AuthErrorCode } from "../errors.js";
import type { Auth, AuthEvents, Claims, Diagnosis } from "../types.js";

/** Claims of somebody who signs in. */
export interface FakeUser extends Claims {
  /** The user's identifier. */
  readonly sub: string;
}

/** Who signs in, with what, and what the calls come to. */
export interface MockAuthOptions {
  /** Who is signed in, and whom `login()` and `handleCallback()` sign in. Default: nobody is, and `login()` signs in `{ sub: "test-user" }`. */
  user?: FakeUser | null;
  /** Whether the mock begins signed in. Default: whether a `user` is given. */
  signedIn?: boolean;
  /** The first access token; later ones have a number after it. Default `"test-access-token"`. */
  accessToken?: string;
  /** What is granted. Default `"openid"`. */
  scope?: string | readonly string[];
  /** How long an access token lives, in seconds; null if nobody says. Default 3600. */
  expiresIn?: number | null;
  /** The issuer: `iss` of a user who has none. Default `"https://id.test"`. */
  issuer?: string;
  /** Default: `/callback` on this page's origin, or on `https://app.test` without a page. */
  redirectUri?: string;
  /** Origins `fetch()` may send the access token to. Default: that of `redirectUri`. */
  apiOrigins?: readonly string[];
  /** Sends what `fetch()` is given, with the token. Default: the platform's, when it is called. */
  fetch?: typeof fetch;
  /** Unix time in seconds. Default: the platform's. */
  now?: () => number;
  /** What `userinfo()` resolves to, but for its `sub`. Default: the user's claims. */
  userinfo?: Claims;
  /** What `diagnose()` resolves to. Default: `ok`, and no checks. */
  diagnosis?: Diagnosis;
}

/** The calls of {@link Auth} that are written down in `calls` and that can be held. */
export type MockMethod =
  | "login" | "handleCallback" | "handleInitiatedLogin" | "handleFrontChannelLogout"
  | "getAccessToken" | "fetch" | "userinfo" | "logout" | "diagnose";

/** What can be made to fail: every call but `logout`, which cannot, and the refresh of an access token. */
export type MockStep = Exclude<MockMethod, "logout"> | "refresh";

/** What an error says beside its code. */
export interface ErrorDetails extends Partial<Pick<AuthError, "status" | "oauth" | "acrValues" | "maxAge" | "causes" | "cause">> {
  /** The option, member, claim or step where it arose. */
  place?: string;
}

/**
 * A client without network, module or storage. Where the real one leaves the page, this one signs
 * in at once and resolves: what stands after a redirecting `login()` runs in a test alone. It does not
 * check what it is given, nor touch the address bar. Unlike the real one it is not frozen, so that its
 * methods can be spied on.
 */
export interface MockAuth extends Auth {
  /** The arguments of every call so far, by method: `mock.calls.login[0]` is `[options]`. */
  readonly calls: { readonly [M in MockMethod]: readonly Parameters<Auth[M]>[] };
  /** Signs in, as if in a redirect: a new state, and `signed-in`. Default: the `user` of the options. Next, look at what the page shows. */
  signIn(user?: FakeUser): void;
  /** Ends the session, as if for this reason: a new state, and `signed-out`. Does nothing when nobody is signed in. */
  signOut(reason?: AuthEvents["signed-out"]["reason"]): void;
  /** Lets the access token expire; the next call that needs one refreshes it, and what {@link fail} says of `refresh` comes to pass. */
  expire(): void;
  /** As if the provider could not be reached for a refresh: `stale` until one works. */
  goStale(): void;
  /** Tells the listeners of `event`, and changes nothing else. Errors for a `problem` are made by {@link error}. */
  emit<K extends keyof AuthEvents>(event: K, detail: AuthEvents[K]): void;
  /**
   * Makes the next call (or so many `times`) fail with this code. A refresh that fails with
   * `session_expired` ends the session as `refused`; for want of the provider it makes it `stale`. A callback
   * that failed is used up.
   */
  fail(step: MockStep, code: AuthErrorCode, details?: ErrorDetails & { times?: number }): void;
  /** Keeps calls of `method` pending, e.g. to see what a page shows meanwhile, until what is returned is called. */
  hold(method: MockMethod | "refresh"): () => void;
  /** An error as the client rejects with, its words included. */
  error(code: AuthErrorCode, details?: ErrorDetails): AuthError;
}
