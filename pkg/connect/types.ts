/** What a connection does. All times are seconds unless a name ends in `Ms`. */

import type { AuthErrorCode } from "../errors.js";
import type { ClientAuth, ConnectionData, SigningAlg } from "./data.js";

/**
 * A secret, or what fetches it when it is needed. Functions are asked each time, and what they say is not kept;
 * those of `user_name` and `subject_token` also for a token at hand, since they tell whose it must be.
 */
export type SecretSource = string | (() => string | Promise<string>);

/** What a connection needs beside its data. */
export interface ConnectionOptions {
  /**
   * Secrets by the names that templates know them by. Known names: `client_secret`, `user_name`,
   * `password`, `private_key` (a JWK as JSON text, or PKCS #8 as PEM), `assertion` (a JWT for
   * `jwt_bearer`), `saml_assertion` (XML, for `saml2_bearer`), `subject_token` and `actor_token` (for
   * `token_exchange`; of the type `access_token` unless `tokenRequest` says so), `token` (a saved token, with `persistToken`). They are used for requests, and
   * appear in no store, error, trace, report or preview.
   */
  secrets?: Readonly<Record<string, SecretSource>>;
  /** Where tokens are kept and shared; an `unstorage` instance fits. Default: in memory, for this connection alone. */
  store?: TokenStore;
  /**
   * Whose tokens these are, where several people use one connection and one store. Default: nobody's in particular.
   * A token that was got with a `user_name`, a `subject_token`, or an assertion that is a text is for that one alone,
   * whatever this says. An assertion that a function makes tells nobody apart: say here whose it is. A `password` is
   * not asked about again while the token lives.
   */
  user?: string;
  /** Replaces {@link ConnectionData.values} of the same names. */
  values?: Readonly<Record<string, string>>;
  /** Permits the password grant, which is for first-party servers only. Default false. */
  allowPasswordGrant?: boolean;
  /** Permits secrets in a page, where everybody can read them. Warns loudly. Default false. */
  dangerouslyAllowSecretsInPage?: boolean;
  /** Test and embedding seams; default to the platform's own. */
  host?: Partial<ConnectionHost>;
}

/**
 * Keeps text under keys. What it holds is secret. An `unstorage` instance is one. What it does not answer within ten
 * seconds counts as failed. A person's token that it forgets has ended, as after a sign-out on another server; any other
 * is got anew.
 */
export interface TokenStore {
  /** The value under `key`, or null. */
  getItem(key: string): Promise<unknown>;
  /** Puts `value` under `key`. `ttl` in seconds is advice, for drivers that heed it. */
  setItem(key: string, value: string, options?: { ttl?: number }): Promise<void>;
  /** Forgets what is under `key`. */
  removeItem(key: string): Promise<void>;
}

/** What a connection needs of the platform. */
export interface ConnectionHost {
  /** Sends a request. */
  fetch: typeof fetch;
  /** Unix time in seconds, may be fractional. */
  now(): number;
  /** Resolves after so long, or when the signal says so. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
  /** Draws randomness fit for secrets. */
  random(length: number): Uint8Array;
}

/** Which token. */
export interface TokenRequest {
  /** Default: the connection's. */
  scope?: string;
  /** Default: the connection's. */
  audience?: string;
  /** Asks for another one although one is at hand. */
  forceRefresh?: boolean;
  /** Ends this call with `aborted`; what others wait for goes on. */
  signal?: AbortSignal;
}

/** A way to a system. Its methods may be taken off it and passed about. */
export interface Connection {
  /** What it was made of. */
  readonly data: Readonly<ConnectionData>;

  /**
   * A live token: from memory, from the store, or by one request however many callers there are for
   * the same scope and audience. Renewed early, at a moment that differs between instances; for as long
   * as the old one lives, a renewal that fails because nobody answers costs nothing, and the next one is 5 to
   * 60 seconds later. Rejects with
   * `login_required` if only {@link Connection.authorize} can help.
   */
  getAccessToken(request?: TokenRequest): Promise<string>;

  /**
   * `fetch` with the connection's request headers. Only to `apiOrigins` (else `origin_not_allowed`,
   * nothing sent). A refusal that means "get another token" (`renewOn`) is answered by one more token
   * and one replay. What the API request itself fails with is the platform's own error.
   */
  fetch(input: Parameters<typeof fetch>[0], init?: RequestInit, request?: Omit<TokenRequest, "signal" | "forceRefresh">): Promise<Response>;

  /** Where to send somebody who is to let us in. Its state and verifier are kept, in the store if there is one. */
  authorizeUrl(request?: Pick<TokenRequest, "scope" | "audience">): Promise<string>;
  /**
   * Takes the answer at `redirectUri`, checks that we asked for it, and gets the token. A URL is taken
   * once. Rejects with `callback_*`, `authorization_error` and what a token request rejects with.
   */
  completeAuthorization(url: string | URL): Promise<void>;
  /**
   * Both, in a popup: call it in a click handler. The page at `redirectUri` must be on this origin and
   * call {@link handOverAuthorization}.
   */
  authorize(request?: Omit<TokenRequest, "forceRefresh">): Promise<void>;
  /** Asks for a code that somebody types in on another device, and waits for them (RFC 8628), until `signal` says no. */
  device(request?: Omit<TokenRequest, "forceRefresh">): Promise<DeviceSignIn>;

  /**
   * What the system says of a token (RFC 7662). Default: the current one. An integer beyond ±2^53 is the string of its
   * digits.
   */
  introspect(token?: string): Promise<Readonly<Record<string, unknown>> & { readonly active: boolean }>;
  /**
   * Gives a token up at the system (RFC 7009), and forgets it here and in the store. Default: the refresh token if
   * there is one, and the access token with it, else the current one.
   */
  revoke(token?: string): Promise<void>;
  /**
   * Forgets every token here, and in the store those of here and of the connection's own scope and audience;
   * then ends them at the system: `signOut`, or a revocation where there is one. What fails there is told, and
   * with `storage_unavailable` what stays in the store. Other servers that share it may send a person's token until it is
   * time for another, and get none.
   */
  signOut(): Promise<void>;

  /** Gets a token by a request, then gets `testUrl` with it, and reports. Rejects only with `disposed` and `aborted`. */
  test(options?: { signal?: AbortSignal }): Promise<TestReport>;
  /** What would be sent, with placeholders for secrets. Sends nothing, asks for no secret. */
  preview(): Preview;
  /** The last steps, oldest first; redacted. With `trace`, each holds its request and answer. */
  trace(): readonly ExchangeStep[];

  /**
   * Calls in flight and later ones fail with `disposed`, and API requests without an answer are aborted. A body that
   * was handed out can be read to its end. The store keeps what it has.
   */
  dispose(): void;
}

/** A sign-in on another device. */
export interface DeviceSignIn {
  /** What to type in. */
  readonly userCode: string;
  /** Where. */
  readonly verificationUri: string;
  /** The same with the code in it, e.g. for a QR code. */
  readonly verificationUriComplete?: string;
  /** Unix time at which the code dies. */
  readonly expiresAt: number;
  /** Settles when somebody has decided: `authorization_error` with `access_denied` or `expired_token` if not for us. */
  readonly completed: Promise<void>;
}

/** One arrow of a sequence diagram; the shape of a portal's `TraceEvent`, with more to it. */
export interface ExchangeStep {
  /** Unix time; 0 in a preview. */
  readonly at: number;
  /** What is done, e.g. `token request`. */
  readonly step: string;
  /** Who does it: the identifier of a participant. */
  readonly from: string;
  /** To whom. */
  readonly to: string;
  /** What else there is to know; redacted. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  /** The request, if it is one. */
  readonly request?: ShownRequest;
  /** The answer, if it is known. */
  readonly answer?: ShownAnswer;
}

/** A request as people may see it: secrets are placeholders such as `‹client_secret›`. */
export interface ShownRequest {
  /** E.g. `POST`. */
  readonly method: string;
  /** The URL, query included. */
  readonly url: string;
  /** Headers that say something. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** How the fields are written; absent without a body. */
  readonly bodyType?: "form" | "json";
  /** Fields of the body. */
  readonly body?: readonly { readonly name: string; readonly value: string }[];
}

/** An answer as people may see it. */
export interface ShownAnswer {
  /** The status. */
  readonly status: number;
  /** The `Content-Type` header. */
  readonly contentType: string;
  /** The body, redacted and cut at 4 kB. Inert text. */
  readonly body: string;
}

/** What would be sent. */
export interface Preview {
  /** Who takes part, from left to right. */
  readonly participants: readonly { readonly id: string; readonly label: string }[];
  /** The arrows, in order. */
  readonly steps: readonly ExchangeStep[];
  /** What is wrong with the data; with anything here `steps` shows as much as can be shown. */
  readonly problems: readonly Problem[];
}

/** What is wrong with a field. */
export interface Problem {
  /** Where, e.g. `tokenUrl` or `tokenRequest[2].value`. */
  readonly field: string;
  /** What, in a sentence. */
  readonly message: string;
}

/** What {@link Connection.test} found. */
export interface TestReport {
  /** True when the token came and the test URL answered with success, or there is no test URL. */
  readonly ok: boolean;
  /** What was done, in order. */
  readonly steps: readonly TestStep[];
  /** The same as text, ready to paste into a ticket; redacted. */
  readonly report: string;
}

/** One real request of a test. */
export interface TestStep extends ExchangeStep {
  /** Whether it did what it should. */
  readonly ok: boolean;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
  /** What went wrong. */
  readonly error?: { readonly code: AuthErrorCode; readonly message: string; readonly remedy: string; readonly oauth?: { readonly error: string; readonly description?: string } };
}

/** How to ask about a token, or give it up, without a connection. */
export interface TokenEndpointOptions {
  /** The endpoint. `https:`; `http:` on loopback only. */
  url: string;
  /** The client's identifier. */
  clientId: string;
  /** How the client proves who it is. Default `basic`. */
  clientAuth?: ClientAuth;
  /** The algorithm of a signed assertion. Default `HS256` with `client_secret_jwt`, else `RS256`. */
  signingAlg?: SigningAlg;
  /** The key's identifier in the header of a signed assertion. */
  signingKeyId?: string;
  /** Who a signed assertion is for. Default: the endpoint. */
  assertionAudience?: string;
  /** `client_secret` or `private_key`; not in a page. */
  secrets?: ConnectionOptions["secrets"];
  /** Kind of token, e.g. `refresh_token`. */
  tokenTypeHint?: string;
  /** Test and embedding seams. */
  host?: Partial<ConnectionHost>;
}
