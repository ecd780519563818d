/** The public types. All times are seconds unless a name ends in `Ms`; claims keep their protocol names. */

import type { AuthError } from "./errors.js";

/** How to sign in, and where. Read once, own members only. */
export interface AuthOptions {
  /** Issuer identifier, compared byte for byte. `https:`; `http:` on loopback only. */
  issuer: string;
  /** The client's identifier at the issuer. */
  clientId: string;
  /** Where the provider sends the answer: absolute, on this origin, no fragment. */
  redirectUri: string;
  /** Default `"openid"`. Must contain `openid`. */
  scope?: string | readonly string[];
  /** Where the provider sends the user after a logout. */
  postLogoutRedirectUri?: string;
  /** Where the provider describes itself. Default: `issuer` without its trailing slash + `/.well-known/openid-configuration`. */
  discoveryUrl?: string;
  /** Metadata known beforehand. With every needed endpoint present nothing is discovered. */
  metadata?: Partial<ProviderMetadata>;
  /**
   * Origins that the provider's endpoints may be on beside the issuer's (`endpoint_origin` if on another). Default:
   * any.
   */
  endpointOrigins?: readonly string[];
  /**
   * Pushes authorization requests to the provider instead of writing them into the URL that the page is left for
   * (RFC 9126). Default: false.
   */
  par?: boolean;
  /**
   * Binds tokens to a key of this browser's that nobody can export, so that stolen ones are of no use elsewhere
   * (RFC 9449). Call APIs with `fetch` then. Default: false.
   */
  dpop?: boolean;
  /**
   * Has the provider sign its authorization responses, and takes no other (JARM, `response_mode=query.jwt`). Default:
   * false.
   */
  jarm?: boolean;
  /** Keys for providers whose JWKS cannot be read from a page. */
  jwks?: { keys: readonly object[] };
  /** Extra authorization-request parameters, e.g. `{ audience: "https://api" }`. */
  authorizationParams?: Readonly<Record<string, string>>;
  /** RFC 8707 resource indicators. */
  resource?: string | readonly string[];
  /**
   * Where the session lives. `memory`: gone on reload. `tab` (default): survives a
   * reload; a new tab adopts it from an open sibling. `device`: survives a browser restart.
   */
  persist?: "memory" | "tab" | "device";
  /** Replaces the built-in storage. */
  storage?: KeyValueStore;
  /** Origins `fetch()` may send the access token to. Default: this page's origin. */
  apiOrigins?: readonly string[];
  /**
   * Accepted algorithms of ID tokens and of signed responses. Default: every asymmetric one supported, narrowed by the
   * metadata.
   */
  algorithms?: readonly JwsAlgorithm[];
  /** How far clocks may differ, in seconds. Default 30, at most 300. */
  clockTolerance?: number;
  /** How long an answer may take, in seconds. Default 20, at most 120. */
  timeout?: number;
  /** Sign out after so many seconds without user activity in any tab. Off by default. */
  idleTimeout?: number;
  /** Emit `idle-warning` so many seconds before `idleTimeout`. Default 60. */
  idleWarning?: number;
  /** Absolute session lifetime in seconds, never extended by a refresh. Off by default. */
  maxLifetime?: number;
  /**
   * Asks the provider, in a hidden frame, whether its session is still what it was (OpenID Connect
   * Session Management), and signs out if it is over. For providers of the same site that have a
   * `check_session_iframe`; elsewhere a `problem` says that it cannot be. Off by default.
   */
  monitorSession?: boolean;
  /** Tells apart several clients with the same issuer and client id. */
  name?: string;
  /**
   * Where `issuer` holds Microsoft Entra ID's `{tenantid}`: the ids of the tenants that are let in.
   * Default: every tenant.
   */
  tenants?: readonly string[];
  /**
   * What may stand in the `aud` of ID tokens beside this client, as the project's id of Zitadel; a token that names
   * one must name this client in `azp`. Default: nothing (OIDC Core 3.1.3.7).
   */
  trustedAudiences?: readonly string[];
  /** How the end-session endpoint calls `post_logout_redirect_uri`, if not so: Amazon Cognito says `logout_uri`. */
  logoutRedirectParam?: string;
  /** Permits a page served over plain http on a host other than loopback. Warns loudly. */
  dangerouslyAllowInsecureContext?: boolean;
  /** Test and embedding seams; default to the platform's own. */
  host?: Partial<Host>;
}

/** A client: one issuer, one client id, one session. Its methods may be taken off it and passed about. */
export interface Auth {
  /** Immutable snapshot; a new object whenever anything in it changes. */
  readonly state: AuthState;
  /** Shorthand for `state.user`. */
  readonly user: User | null;

  /**
   * Starts a sign-in. `mode: "redirect"` (default) navigates away and never settles;
   * `mode: "popup"` resolves when the popup's callback page has run `handleCallback()`, and so does
   * `mode: "frame"`, for which nobody need click.
   */
  login(options?: LoginOptions): Promise<CallbackResult>;

  /** True only for a URL on `redirectUri` carrying a state this client issued. */
  isCallback(url?: string): boolean;

  /**
   * Completes a sign-in from the callback URL (default: the page's own). Takes the
   * response parameters out of the address bar first. Calling it twice for one URL, or again
   * without `url` while the page is where that left it, shares one exchange; replaying a completed callback while its session is alive
   * returns that session without any request. On the callback page without a response, as after a reload, it rejects with
   * `callback_state_missing`, and whoever is signed in stays so.
   */
  handleCallback(url?: string): Promise<CallbackResult>;

  /**
   * A token valid for at least `minValidity` more seconds (default 30), refreshed if need be:
   * once, whatever the number of callers and tabs. Rejects with `login_required` when only
   * a sign-in can help.
   */
  getAccessToken(options?: { minValidity?: number; forceRefresh?: boolean }): Promise<string>;

  /**
   * `fetch` with the access token. Only to `apiOrigins` (else `origin_not_allowed`, nothing sent).
   * A 401 with `error="invalid_token"` is answered by one refresh and one replay; RFC 9470
   * challenges reject with `step_up_required`, carrying `acrValues` and `maxAge`. What the API
   * request itself fails with is the platform's own error, as from `fetch`.
   */
  fetch(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response>;

  /** Userinfo claims; `sub` must match the session's. */
  userinfo(): Promise<Claims>;

  /**
   * Ends the session here and in every tab, revokes the refresh token where the provider
   * offers it (best effort), then navigates to the provider's end-session endpoint if there
   * is one. The local sign-out always happens first and cannot fail.
   */
  logout(options?: LogoutOptions): Promise<void>;

  /**
   * For the page that is registered as `initiate_login_uri`: starts the sign-in that its URL (default:
   * the page's own) asks for by `iss`, `login_hint` and `target_link_uri` (OpenID Connect Core 4), and
   * leaves the page, as `login()` does. Fails with `initiate_iss` for any issuer but this client's. A
   * target on another origin is ignored.
   */
  handleInitiatedLogin(url?: string): Promise<CallbackResult>;

  /**
   * For the page that is registered as `frontchannel_logout_uri`, which the provider loads in a frame:
   * ends the session that its URL (default: the page's own) names by `iss` and `sid`, here and in
   * every tab that can see it. Resolves to whether the URL named one of this client's provider; any
   * other is ignored. A browser that partitions storage shows a frame of another site nothing.
   */
  handleFrontChannelLogout(url?: string): Promise<boolean>;

  /** Called with the new snapshot after every change. Returns the unsubscriber. */
  subscribe(listener: (state: AuthState) => void): () => void;
  /**
   * Calls `listener` for every `event` from now on; what happened before the first listener
   * for it came is told to that one. Returns the unsubscriber.
   */
  on<K extends keyof AuthEvents>(event: K, listener: (detail: AuthEvents[K]) => void): () => void;

  /** Checks the set-up against the live provider and says, per check, what is wrong and how to mend it. */
  diagnose(): Promise<Diagnosis>;
  /** The last events, oldest first; holds no token, code, verifier or secret. */
  trace(): readonly TraceEvent[];

  /**
   * Releases listeners, timers and channels. The stored session stays. Calls in flight and
   * later ones fail with `disposed`.
   */
  dispose(): void;
}

/** What is known about the session. */
export interface AuthState {
  /** `stale`: signed in, but the provider cannot be reached to refresh. */
  readonly status: "signed-out" | "signing-in" | "signed-in" | "stale";
  /** Who is signed in; null when signed out. */
  readonly user: User | null;
  /** Unix time at which the access token expires; null if unknown or signed out. */
  readonly accessTokenExpiresAt: number | null;
  /** Scopes granted, which may differ from those asked for. */
  readonly scope: readonly string[];
}

/**
 * Claims of the verified ID token. What a provider puts into those but `iss` and `sub` nobody has checked, so they are
 * `unknown`; an application declares its own: `declare module "portcullis" { interface User { readonly name?: string } }`.
 */
export interface User extends Claims {
  /** The issuer. */
  readonly iss: string;
  /** The user's identifier, unique at the issuer. */
  readonly sub: string;
}
/** Claims by name. Integers JavaScript cannot hold exactly come as text. */
export interface Claims {
  /** A claim, as the provider sent it. */
  readonly [claim: string]: unknown;
}

/** How to sign in this time; what is absent is as in {@link AuthOptions}. */
export interface LoginOptions {
  /**
   * Default `"redirect"`. `"frame"` signs in whoever is signed in at the provider, unseen
   * (`prompt: "none"`), and resolves; for providers of the same site, else `unsupported`.
   */
  mode?: "redirect" | "popup" | "frame";
  /** Same-origin URL to come back to. Default: the current path, query and fragment. To be given on the callback page. */
  returnTo?: string;
  /** Kept with the transaction and handed back; JSON, at most 16 KiB. */
  appState?: unknown;
  /** Scopes to ask for. Default: those of the client. */
  scope?: string | readonly string[];
  /**
   * What the provider must or must not show (OIDC Core 3.1.2.1). With `"none"` the session's ID token goes along as
   * `id_token_hint`, unless a `loginHint` says who is meant.
   */
  prompt?: "none" | "login" | "consent" | "select_account" | "create";
  /** Who is expected to sign in, e.g. an e-mail address. */
  loginHint?: string;
  /** Greatest allowed age of the sign-in, in seconds; checked against `auth_time`. */
  maxAge?: number;
  /** Acceptable authentication contexts, best first. */
  acrValues?: string | readonly string[];
  /** Preferred languages of the provider's pages, BCP 47, separated by spaces. */
  uiLocales?: string;
  /** Extra authorization-request parameters, beside those of {@link AuthOptions}. */
  authorizationParams?: Readonly<Record<string, string>>;
  /** Ends the call with `aborted`. */
  signal?: AbortSignal;
}
/** A completed sign-in. */
export interface CallbackResult {
  /** Who signed in. */
  readonly user: User;
  /** Safe to hand to a router: always on this origin. */
  readonly returnTo: string;
  /** `appState` as handed to `login()`. */
  readonly appState: unknown;
  /** True when an already completed callback was seen again. */
  readonly replayed: boolean;
}
/** How to sign out this time. */
export interface LogoutOptions {
  /** Same-origin URL to come back to, registered at the provider. Default `postLogoutRedirectUri`. */
  returnTo?: string;
  /** End only the session here; the provider is neither visited nor asked to revoke the refresh token. */
  localOnly?: boolean;
}

/** What `on()` tells of. */
export interface AuthEvents {
  /** A session began. */
  "signed-in": { user: User };
  /** The session ended, and why. */
  "signed-out": { reason: "logout" | "other-tab" | "idle" | "max-lifetime" | "refused" | "provider" };
  /** There is a new access token. */
  refreshed: { accessTokenExpiresAt: number | null };
  /** `idleTimeout` is near. */
  "idle-warning": { secondsLeft: number };
  /** This machine's clock differs from the provider's by this much: above zero if it is slow. */
  "clock-skew": { seconds: number };
  /** Something failed that no call was waiting for. */
  problem: { error: AuthError };
}

/** What `diagnose()` found. */
export interface Diagnosis {
  /** True when every check passed. */
  readonly ok: boolean;
  /** The checks, in the order they were made. */
  readonly checks: readonly { id: string; ok: boolean; detail: string; remedy?: string }[];
  /** The same as text, ready to paste into a ticket; redacted. */
  readonly report: string;
}
/** One step of a sequence. */
export interface TraceEvent {
  /** Unix time. */
  readonly at: number;
  /** What was done. */
  readonly step: string;
  /** Who did it. */
  readonly from: string;
  /** To whom. */
  readonly to: string;
  /** What else there is to know; redacted. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** A place for text under keys. What it holds is secret. */
export interface KeyValueStore {
  /** The value under `key`, or null. */
  get(key: string): Promise<string | null> | string | null;
  /** Puts `value` under `key`. */
  set(key: string, value: string): Promise<void> | void;
  /** Forgets what is under `key`. */
  remove(key: string): Promise<void> | void;
}
/** What the client needs of the platform. */
export interface Host {
  /** Sends a request. */
  fetch: typeof fetch;
  /** Unix time in seconds, may be fractional. */
  now(): number;
  /** Leaves the page for `url`. */
  navigate(url: string): void;
}
/** Provider metadata (OpenID Connect Discovery 1.0, RFC 8414). */
export interface ProviderMetadata {
  /** The issuer identifier. */
  issuer: string;
  /** Where sign-ins go. */
  authorization_endpoint: string;
  /** Where codes and refresh tokens are exchanged. */
  token_endpoint: string;
  /** Where the keys are. */
  jwks_uri: string;
  /** Where userinfo is. */
  userinfo_endpoint?: string;
  /** Where logouts go. */
  end_session_endpoint?: string;
  /** Where tokens are revoked. */
  revocation_endpoint?: string;
  /** Any other member. */
  [member: string]: unknown;
}
/** A signature algorithm (RFC 7518, RFC 8037, RFC 9864). */
export type JwsAlgorithm =
  | "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512"
  | "ES256" | "ES384" | "ES512" | "EdDSA" | "Ed25519";
