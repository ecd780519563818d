/**
 * What a connection is: plain data, as a person writes it into a form or keeps it in a file. It holds no
 * secret, so that it may be copied, shown and committed; secrets are handed over beside it
 * ({@link ConnectionOptions.secrets}).
 */

/**
 * How to get a token from a system, and how to send it. Texts marked *template* may name values as
 * `%[name]`; what a value may contain never changes the meaning of what is around it, since it is
 * escaped for its place: in a URL, a form, a JSON text or a header.
 *
 * Names: what {@link ConnectionData.values} and {@link ConnectionData.secrets} define, what
 * {@link Step.read} and {@link ConnectionData.tokenValues} took from an answer, and these:
 *
 * | name | value | where it is missing |
 * | --- | --- | --- |
 * | `client_id` | {@link ConnectionData.clientId} | error |
 * | `client_secret`, `user_name`, `password`, … | the known secrets | error |
 * | `code` | the authorization code | empty |
 * | `redirect_uri` | {@link ConnectionData.redirectUri} | empty |
 * | `refresh_token` | the refresh token | empty |
 * | `token` | the token | empty |
 * | `token_url`, `token_path`, `error_path` | what the connection says | never |
 * | `scope`, `audience` | of this call, or what the connection says | empty |
 * | `version` | {@link ConnectionData.version} | empty |
 * | `guid` | a random UUID, e.g. `f81d4fae-7dec-41d0-a765-00a0c91e6bf6` | never |
 * | `random_base64` | 32 random bytes | never |
 * | `random_int` | a random number of 31 bits | never |
 * | `random_smallint` | a random number of 15 bits | never |
 * | `random_string` | 12 random lower-case letters | never |
 * | `timestamp` | the local time, `2015-07-16T18:08:10.655` | never |
 * | `timestamp_unix` | seconds since 1970 | never |
 * | `utc` | `2015-07-16T16:08:10.655Z` | never |
 *
 * A random value and the time are drawn once for each request: a name that comes twice has one value.
 */
export interface ConnectionData {
  /** Tells connections apart: letters, digits, `.`, `_` and `-`, at most 64. */
  id: string;
  /** For people. */
  description?: string;
  /** `two-legged`: two machines. `three-legged`: somebody signs in at the system and lets us in. */
  type: "two-legged" | "three-legged";
  /**
   * What is exchanged for a token. Default: `described` if two-legged, `authorization_code` if
   * three-legged. Every grant but `described` brings the fields that its RFC demands; those of
   * {@link ConnectionData.tokenRequest} are added, and replace what has the same name. Who asks with
   * `client_credentials` can ask again at any time: a refresh token or an ID token in the answer is ignored, with a
   * warning (RFC 6749 §4.4.3). A system that wants to be refreshed nevertheless is `described`.
   */
  grant?: Grant;

  /** The client's identifier at the system. */
  clientId?: string;
  /** How the client proves who it is (RFC 6749 §2.3, RFC 7523 §2.2). Default `none`. */
  clientAuth?: ClientAuth;
  /** The algorithm of a signed assertion. Default `HS256` with `client_secret_jwt`, else `RS256`. */
  signingAlg?: SigningAlg;
  /** The key's identifier in the header of a signed assertion. */
  signingKeyId?: string;
  /** Template: who a signed assertion is for. Default `%[token_url]`. */
  assertionAudience?: string;
  /** Template: whom a `jwt_bearer` assertion that we sign speaks of. Default `%[client_id]`. */
  assertionSubject?: string;

  /** Template: where users sign in. Required if three-legged with a code, or implicit. */
  authorizationUrl?: string;
  /** Template: where tokens come from. Required unless implicit. */
  tokenUrl?: string;
  /** Template: where a device asks for its code (RFC 8628 §3.1). Required with `device_code`. */
  deviceAuthorizationUrl?: string;
  /** Template: where tokens are asked about (RFC 7662). */
  introspectionUrl?: string;
  /** Template: where tokens are given up (RFC 7009). */
  revocationUrl?: string;
  /** Where the system sends users back to. */
  redirectUri?: string;
  /** Whether a code is bound to who asked for it (RFC 7636, S256). Default true. */
  pkce?: boolean;
  /** Who must answer at `redirectUri` (RFC 9207). If this is set the answer has to name it; else nobody is known to hold it against. */
  issuer?: string;

  /** Scopes to ask for, separated by spaces. */
  scope?: string;
  /** Whom the token is for. */
  audience?: string;

  /** Values for templates, by name: base URLs, versions, tenants. Not secrets. Tokens in a store are told apart by them. */
  values?: Readonly<Record<string, string>>;
  /** Names of secrets that templates may use beside the known ones. */
  secrets?: readonly string[];
  /** What has to be asked before a token can be: a policy, a nonce. In this order. */
  before?: readonly Step[];
  /** How the token request is written. Default `form`. */
  bodyType?: BodyType;
  /** Fields of the token request; values are templates. */
  tokenRequest?: readonly KeyValue[];
  /** Headers of the token request; values are templates. */
  tokenHeaders?: readonly KeyValue[];
  /** Kinds of credentials, each with the fields it adds to the token request. */
  credentials?: Readonly<Record<string, readonly KeyValue[]>>;
  /** Which of {@link ConnectionData.credentials} is used. Required if there are any. */
  credential?: string;

  /** JSONPath (RFC 9535), or a member's name: the token in the answer. Default `access_token`. */
  tokenPath?: string;
  /** The same for what went wrong. Default `error`. Whatever is there makes an answer an error. */
  errorPath?: string;
  /** The same for the token's lifetime: seconds, as a number or as text. Default `expires_in`. */
  expiresInPath?: string;
  /** The same for the refresh token. Default `refresh_token`. */
  refreshTokenPath?: string;
  /**
   * The same for more values of the answer, by name; for templates of requests, sign-out and lifetimes. One that does
   * not come again with a refreshed token stays.
   */
  tokenValues?: Readonly<Record<string, string>>;
  /** Structures of the answer by version: what is here replaces the paths above. */
  versions?: Readonly<Record<string, AnswerPaths>>;
  /** Which version is asked for; `%[version]` in templates. Required if there are {@link ConnectionData.versions}. */
  version?: string;
  /** How long a token lives if the answer does not say so, in seconds. Default: until it is refused. */
  lifetime?: number;
  /** The token is dead after not being sent for so long: seconds, or a template of them. Default: never. */
  idleTimeout?: number | string;
  /** The token is dead after so long in any case: seconds, or a template of them. Default: never. */
  maxLifetime?: number | string;

  /** Whether the token is long-lived: kept in the store, and used until it is refused. Default false. */
  persistToken?: boolean;
  /** Fields of the request that refreshes a token; as {@link ConnectionData.tokenRequest}. */
  refreshRequest?: readonly KeyValue[];
  /** Headers of API requests; values are templates. Default `Authorization: Bearer %[token]`. */
  requestHeaders?: readonly KeyValue[];
  /** Templates: origins that may have the token. Default: that of {@link ConnectionData.testUrl}. */
  apiOrigins?: readonly string[];
  /** Which refusal of an API means "get another token": a challenge with `error="invalid_token"`, or any 401. Default `invalid_token`. */
  renewOn?: "invalid_token" | "any_401";
  /** What ends a token at the system, instead of its revocation. */
  signOut?: Step;

  /** How long an answer may take, in seconds: 0 to 120, 0 for as long as the platform waits. Default 20. */
  timeout?: number;
  /** Template: what {@link Connection.test} gets with the token. */
  testUrl?: string;
  /** Whether {@link Connection.trace} holds requests and answers, redacted. Default false. */
  trace?: boolean;
}

/** What is exchanged for a token. `described`: the fields of the token request, and nothing else. */
export type Grant =
  | "described" | "client_credentials" | "password" | "implicit"
  | "token_exchange" | "jwt_bearer" | "saml2_bearer"
  | "authorization_code" | "device_code";

/** How the client proves who it is. */
export type ClientAuth = "none" | "basic" | "post" | "client_secret_jwt" | "private_key_jwt";

/** An algorithm that signs assertions. */
export type SigningAlg = "HS256" | "RS256" | "PS256" | "ES256" | "EdDSA";

/** How fields are written into a body. */
export type BodyType = "form" | "json";

/** A field or a header. */
export interface KeyValue {
  /** Its name. */
  name: string;
  /** Template. */
  value: string;
}

/** Where things are in a token answer: see {@link ConnectionData}. */
export type AnswerPaths = Pick<ConnectionData, "tokenPath" | "errorPath" | "expiresInPath" | "refreshTokenPath" | "tokenValues">;

/** A request beside the token request. */
export interface Step {
  /** What it is called in a preview. */
  name?: string;
  /** Default `GET`. */
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Template. */
  url: string;
  /** Values are templates. */
  headers?: readonly KeyValue[];
  /** Fields; values are templates. Not with `GET`. */
  body?: readonly KeyValue[];
  /** Default `form`. */
  bodyType?: BodyType;
  /** JSONPaths of values in the answer, by the names that templates know them by from then on. */
  read?: Readonly<Record<string, string>>;
}

/** A ready connection in a file: what to copy. */
export interface Preset {
  /** For people. */
  title: string;
  /** For people. */
  description: string;
  /** Names of the secrets that it wants. */
  secrets: readonly string[];
  /** The connection, if there is one. */
  connection?: ConnectionData;
  /** Options of `createAuth` for users who sign in there, if they can: `issuer`, `clientId`, `scope`, … */
  signIn?: Readonly<Record<string, unknown>>;
  /** The e-mail gate, if it is one. */
  gate?: GateData;
}

/** An authorization service that says whether an e-mail address may enter. */
export interface GateData {
  /** Template over {@link GateData.values}: the service's base URL; `/authorize` is added to it. `https:`; `http:` on loopback only. */
  baseUrl: string;
  /** Values for the template. */
  values?: Readonly<Record<string, string>>;
  /** How long an answer may take, in seconds, 1 to 120. Default 20. */
  timeout?: number;
}
