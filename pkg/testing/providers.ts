/** The types of the provider in process. */

import type { Host, ProviderMetadata } from "../types.js";
import type { FakeUser } from "./mocks.js";

/** Who the provider is, and whom it knows. */
export interface FakeProviderOptions {
  /** The issuer identifier; its endpoints are below it. */
  issuer: string;
  /** The one client, a public one. */
  clientId: string;
  /** Where sign-ins may come back to. Default: anywhere. */
  redirectUris?: readonly string[];
  /** Where sign-outs may come back to. Default: anywhere. */
  postLogoutRedirectUris?: readonly string[];
  /** Who has an account; all their claims are in the ID token. Default: `alice`. */
  users?: readonly FakeUser[];
  /** Unix time in seconds; the client has to have the same, so hand it {@link FakeProvider.host}. Default: the platform's. */
  now?: () => number;
  /** How long access tokens live, in seconds. Default 300. */
  expiresIn?: number;
  /** Whether it issues refresh tokens. Default true. */
  refreshTokens?: boolean;
  /** Answers whatever is not the provider's, e.g. an API. Default: nobody does, as without a network. */
  fetch?: typeof fetch;
}

/** What can be asked of the provider. */
export type FakeEndpoint = "discovery" | "jwks" | "authorize" | "par" | "token" | "userinfo" | "revoke" | "end-session";

/** How an endpoint fails: as if there were no network, with a status, or with an OAuth error (status 400 unless given). */
export type FakeAnswer = "network" | { status?: number; error?: string; description?: string };

/** A request that was answered. */
export interface FakeRequest {
  /** Which endpoint. */
  readonly endpoint: FakeEndpoint;
  /** The method. */
  readonly method: string;
  /** The URL. */
  readonly url: string;
  /** Parameters of the query or the form, tokens and codes included. */
  readonly params: Readonly<Record<string, string>>;
  /** The status of the answer; 0 for none. */
  readonly status: number;
}

/** An OpenID Provider in process, with real keys; it needs WebCrypto and `Response`. */
export interface FakeProvider {
  /** The issuer identifier. */
  readonly issuer: string;
  /** The client's identifier. */
  readonly clientId: string;
  /** What discovery answers. */
  readonly metadata: ProviderMetadata;
  /**
   * Answers requests, with CORS for every origin; also for a server or a route of a browser test. There
   * the authorization endpoint signs in whom `login_hint` names, or the first of the users.
   */
  readonly fetch: typeof fetch;
  /** The time. */
  readonly now: () => number;
  /** For `createAuth({ host: provider.host })`; where it navigates to is told by {@link navigation}. */
  readonly host: Host;
  /** Every request so far. */
  readonly requests: readonly FakeRequest[];
  /**
   * Resolves to the next URL that the page was to leave for, be it in the past or to come; each is given
   * once. Next, hand it to {@link authorize}, {@link deny} or {@link endSession}.
   */
  navigation(): Promise<string>;
  /**
   * The user signs in at an authorization URL: resolves to the callback URL that the browser would be
   * sent to, which goes to `handleCallback()`, and whose parameters are signed if the request asks for that.
   * What is wrong with the request is in that URL, too, but for a wrong client, redirect URI or user, with
   * which it rejects: nobody is sent back then.
   *
   * @param options - `user` is the `sub` of one of the users, or somebody new. Default: whom `login_hint`
   * names, or the first.
   */
  authorize(url: string | URL, options?: { user?: string | FakeUser }): Promise<string>;
  /** The same, but refused: with `access_denied` unless another error is given. The callback fails with `authorization_error`. */
  deny(url: string | URL, options?: { error?: string; description?: string }): Promise<string>;
  /** The browser comes to the end-session endpoint: the session is over. Resolves to where it is sent back, or null. */
  endSession(url: string | URL): Promise<string | null>;
  /** Makes the next answer of an endpoint (or so many) fail. */
  fail(endpoint: FakeEndpoint, answer: FakeAnswer, times?: number): void;
  /** Ends every session: the next refresh of each is refused, and its access token unknown. */
  revokeSessions(): void;
}
