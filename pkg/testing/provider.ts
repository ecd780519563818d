/** An OpenID Provider in process: real requests, real checks and real signatures, without a server. */

import type { ProviderMetadata } from "../types.js";
import { isRequest } from "./api.js";
import { type Grant, Refusal, createGrants } from "./grants.js";
import { type Signer, createSigner, halfHashOf, random } from "./keys.js";
import type { FakeUser } from "./mocks.js";
import { type Proven, proofChecker } from "./proofs.js";
import type { FakeAnswer, FakeEndpoint, FakeProvider, FakeProviderOptions, FakeRequest } from "./providers.js";

/** How long ID tokens are good, in seconds. */
const idTokenLifetime = 300;

/** How long a request that was pushed may be used, in seconds. */
const pushedLifetime = 60;

/** How long a signed response may be used, in seconds. */
const responseLifetime = 60;

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "authorization, content-type, dpop",
  "access-control-expose-headers": "www-authenticate",
};
const headers = { ...cors, "cache-control": "no-store" };

/**
 * Makes a provider for a test, at once. Next, hand its `host` to `createAuth()` of `portcullis`, and what
 * `navigation()` resolves to, to `authorize()`; or serve its `fetch` to a browser. It is not for production:
 * everybody signs in without a password.
 */
export function createFakeProvider(options: FakeProviderOptions): FakeProvider {
  const { issuer, clientId, expiresIn = 300, refreshTokens = true } = options;
  const users = options.users ?? [{ sub: "alice", name: "Alice", email: "alice@example.test", email_verified: true }];
  const now = () => options.now?.() ?? Date.now() / 1000;
  const grants = createGrants(now, expiresIn);
  const base = issuer.replace(/\/$/, "");
  const at = Object.fromEntries(Object.entries(PATHS).map(([path, endpoint]) => [endpoint, base + path])) as Record<FakeEndpoint, string>;
  const metadata: ProviderMetadata = {
    issuer,
    authorization_endpoint: at.authorize,
    token_endpoint: at.token,
    jwks_uri: at.jwks,
    userinfo_endpoint: at.userinfo,
    revocation_endpoint: at.revoke,
    end_session_endpoint: at["end-session"],
    response_types_supported: ["code"],
    response_modes_supported: [...MODES],
    authorization_signing_alg_values_supported: ["ES256"],
    grant_types_supported: ["authorization_code", ...(refreshTokens ? ["refresh_token"] : [])],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    token_endpoint_auth_methods_supported: ["none"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    pushed_authorization_request_endpoint: at.par,
    dpop_signing_alg_values_supported: ["ES256"],
  };

  const checkProof = proofChecker(now);
  const pushed = new Map<string, { params: URLSearchParams; expiresAt: number }>();
  const requests: FakeRequest[] = [];
  const failures: { endpoint: FakeEndpoint; answer: FakeAnswer; times: number }[] = [];
  const left: string[] = [];
  const waiting: ((url: string) => void)[] = [];
  let signer: Promise<Signer> | undefined;

  function userNamed(who: string | FakeUser | null): FakeUser {
    if (typeof who === "object" && who) return who;
    const found = who === null ? users[0] : users.find(({ sub }) => sub === who);
    if (!found) throw new Error(`fake provider: there is no user \`${who ?? ""}\``);
    return found;
  }

  /** What was pushed, if the query says so; it is good once (RFC 9126 §4). */
  function requested(query: URLSearchParams): URLSearchParams {
    const requestUri = query.get("request_uri");
    if (requestUri === null) return query;
    const found = pushed.get(requestUri);
    pushed.delete(requestUri);
    if (!found || now() >= found.expiresAt) throw new Error("fake provider: there is no such request_uri");
    if (query.get("client_id") !== found.params.get("client_id")) throw new Error("fake provider: the request_uri is another client's");
    return found.params;
  }

  /** RFC 9126 §2. */
  function push(params: URLSearchParams): Response {
    if (params.get("client_id") !== clientId) throw new Refusal("invalid_client", "there is no such client_id");
    if (params.has("request_uri")) throw new Refusal("invalid_request", "request_uri cannot be pushed");
    const requestUri = `urn:ietf:params:oauth:request_uri:${random()}`;
    pushed.set(requestUri, { params, expiresAt: now() + pushedLifetime });
    return json({ request_uri: requestUri, expires_in: pushedLifetime }, 201);
  }

  /** The thumbprint of the key that a request has a proof of, if it has one. */
  const jktOf = async (headers: Headers, request: Proven) => {
    const proof = headers.get("dpop");
    return proof === null ? undefined : checkProof(proof, request);
  };

  /** The parameters of an authorization request, and a way back; throws where nobody may be sent back. */
  function authorization(url: string | URL) {
    const params = requested(new URL(url).searchParams);
    const redirectUri = params.get("redirect_uri") ?? "";
    if (params.get("client_id") !== clientId) throw new Error("fake provider: there is no such client_id");
    if (!(options.redirectUris?.includes(redirectUri) ?? URL.canParse(redirectUri))) {
      throw new Error(`fake provider: the redirect_uri \`${redirectUri}\` is not registered`);
    }
    const mode = params.get("response_mode") || "query";
    const back = async (answer: Record<string, string>) => {
      const callback = new URL(redirectUri);
      const state = params.get("state");
      let all: Record<string, string> = { ...answer, ...(state === null ? {} : { state }), iss: issuer };
      if (SIGNED.includes(mode)) {
        // JARM §2.1: all of it, whom it is for, and until when
        const { sign } = await (signer ??= createSigner());
        const issuedAt = Math.floor(now());
        all = { response: await sign({ ...all, aud: clientId, iat: issuedAt, exp: issuedAt + responseLifetime }) };
      }
      for (const [name, value] of Object.entries(all)) callback.searchParams.append(name, value);
      return callback.href;
    };
    return { params, redirectUri, mode, back };
  }

  /** RFC 6749 §4.1.1, OpenID Connect Core 3.1.2. */
  async function authorize(url: string | URL, { user }: { user?: string | FakeUser } = {}): Promise<string> {
    const { params, redirectUri, mode, back } = authorization(url);
    const scope = params.get("scope") ?? "";
    const challenge = params.get("code_challenge") ?? "";
    const refuse = (error: string, error_description: string) => back({ error, error_description });
    if (!MODES.includes(mode)) return refuse("invalid_request", `response_mode has to be one of ${MODES.join(", ")}`);
    if (params.get("response_type") !== "code") return refuse("unsupported_response_type", "response_type has to be code");
    if (!scope.split(" ").includes("openid")) return refuse("invalid_scope", "scope has to hold openid");
    if (!challenge || params.get("code_challenge_method") !== "S256") return refuse("invalid_request", "PKCE with S256 is required");
    const grant = {
      user: userNamed(user ?? params.get("login_hint")),
      scope,
      nonce: params.get("nonce"),
      acr: params.get("acr_values")?.split(" ")[0],
      authTime: Math.floor(now()),
      jkt: params.get("dpop_jkt") ?? undefined,
    };
    return back({ code: grants.begin(grant, redirectUri, challenge) });
  }

  /** RFC 6749 §4.1.3 and §6. */
  async function token(form: URLSearchParams, headers: Headers): Promise<Response> {
    const of = (name: string) => form.get(name) ?? "";
    if (of("client_id") !== clientId) throw new Refusal("invalid_client", "there is no such client_id");
    const jkt = await jktOf(headers, { method: "POST", url: at.token });
    if (of("grant_type") === "authorization_code") {
      return tokens(grants.bind(await grants.redeem(of("code"), of("redirect_uri"), of("code_verifier")), jkt), true);
    }
    if (of("grant_type") === "refresh_token") return tokens(grants.bind(grants.rotate(of("refresh_token")), jkt), false);
    throw new Refusal("unsupported_grant_type", "grant_type has to be authorization_code or refresh_token");
  }

  /** A token response; only the first ID token of a sign-in answers its nonce (OpenID Connect Core 12.2). */
  async function tokens(grant: Grant, isFirst: boolean): Promise<Response> {
    const { sign } = await (signer ??= createSigner());
    const accessToken = grants.accessToken(grant);
    const issuedAt = Math.floor(now());
    const claims = {
      ...grant.user,
      iss: issuer,
      aud: clientId,
      iat: issuedAt,
      exp: issuedAt + idTokenLifetime,
      auth_time: grant.authTime,
      sid: grant.sid,
      at_hash: await halfHashOf(accessToken),
      ...(grant.acr ? { acr: grant.acr } : {}),
      ...(isFirst && grant.nonce !== null ? { nonce: grant.nonce } : {}),
    };
    return json({
      access_token: accessToken,
      token_type: grant.jkt ? "DPoP" : "Bearer",
      expires_in: expiresIn,
      scope: grant.scope,
      id_token: await sign(claims),
      ...(refreshTokens ? { refresh_token: grants.refreshToken(grant) } : {}),
    });
  }

  async function userinfo(method: string, headers: Headers): Promise<Response> {
    const [, scheme = "", accessToken = ""] = /^(Bearer|DPoP) (\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
    const grant = grants.grantOf(accessToken);
    const jkt = await jktOf(headers, { method, url: at.userinfo, accessToken });
    const isBound = scheme.toLowerCase() === "dpop";
    if (grant && isBound === !!grant.jkt && (!isBound || jkt === grant.jkt)) return json(grant.user);
    return new Response(null, {
      status: 401,
      headers: { ...cors, "cache-control": "no-store", "www-authenticate": `${isBound ? "DPoP" : "Bearer"} error="invalid_token"` },
    });
  }

  /** OpenID Connect RP-Initiated Logout 1.0 §2. */
  async function endSession(url: string | URL): Promise<string | null> {
    const { searchParams: params } = new URL(url);
    const [, payload] = (params.get("id_token_hint") ?? "").split(".");
    if (payload) grants.end(JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))).sid);
    const uri = params.get("post_logout_redirect_uri");
    if (uri === null || options.postLogoutRedirectUris?.includes(uri) === false) return null;
    const back = new URL(uri);
    const state = params.get("state");
    if (state !== null) back.searchParams.set("state", state);
    return back.href;
  }

  /** The answer of an endpoint that works. */
  async function answer(endpoint: FakeEndpoint, url: string, form: URLSearchParams, method: string, told: Headers): Promise<Response> {
    switch (endpoint) {
      case "discovery":
        return json(metadata);
      case "jwks":
        return json({ keys: [(await (signer ??= createSigner())).jwk] });
      case "authorize":
        return redirect(await authorize(url));
      case "token":
        return token(form, told);
      case "par":
        return push(form);
      case "userinfo":
        return userinfo(method, told);
      case "revoke":
        grants.revoke(form.get("token") ?? "");
        return new Response(null, { headers });
      case "end-session":
        return redirect(await endSession(url));
    }
  }

  /** The same, unless it is to fail. */
  async function answerOrFail(...[endpoint, ...request]: Parameters<typeof answer>): Promise<Response> {
    const failure = failures.find((failure) => failure.endpoint === endpoint && failure.times > 0);
    try {
      if (!failure) return await answer(endpoint, ...request);
    } catch (thrown) {
      if (thrown instanceof Refusal) return json({ error: thrown.error, error_description: thrown.description }, 400);
      return new Response(thrown instanceof Error ? thrown.message : "", { status: 400, headers });
    }
    failure.times -= 1;
    if (failure.answer === "network") throw new TypeError("fake provider: no network");
    const { error, description, status = error ? 400 : 500 } = failure.answer;
    if (!error) return new Response(null, { status, headers });
    return json({ error, ...(description ? { error_description: description } : {}) }, status);
  }

  // No `Request` is made here: those of one realm refuse the signals of another, as in jsdom.
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const asked = isRequest(input) ? input : undefined;
    const { href, origin, pathname, searchParams } = new URL(asked?.url ?? String(input));
    const endpoint = ENDPOINTS.find((endpoint) => at[endpoint] === origin + pathname);
    if (!endpoint) {
      if (options.fetch) return options.fetch(input, init);
      throw new TypeError(`fake provider: nobody answers at ${origin}${pathname}`);
    }
    const method = init.method ?? asked?.method ?? "GET";
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: cors });
    const isPost = method === "POST";
    const posted = async () => (init.body == null ? asked?.text() : new Response(init.body).text()); // whatever it is made of
    const body = isPost ? new URLSearchParams(await posted()) : searchParams;
    const said = new Headers(init.headers ?? asked?.headers);
    const told = { endpoint, method, url: href, params: Object.fromEntries(body), status: 0 };
    requests.push(told);
    const response = await answerOrFail(endpoint, href, body, method, said);
    told.status = response.status;
    return response;
  };

  function navigate(url: string) {
    const next = waiting.shift();
    if (next) next(url);
    else left.push(url);
  }

  return {
    issuer,
    clientId,
    metadata,
    fetch,
    now,
    host: { fetch, now, navigate },
    requests,
    navigation: () => new Promise((resolve) => {
      const url = left.shift();
      if (url === undefined) waiting.push(resolve);
      else resolve(url);
    }),
    authorize,
    async deny(url, { error = "access_denied", description = "the user said no" } = {}) {
      return authorization(url).back({ error, error_description: description });
    },
    endSession,
    fail: (endpoint, answer, times = 1) => void failures.push({ endpoint, answer, times }),
    revokeSessions: () => grants.end(),
  };
}

/** How a signed answer is asked for (JARM §2.3): for a code, the second is but another name of the first. */
const SIGNED = ["query.jwt", "jwt"];
/** And any answer. */
const MODES = ["query", ...SIGNED];

/** Where the endpoints are below the issuer. */
const PATHS: Readonly<Record<string, FakeEndpoint>> = {
  "/.well-known/openid-configuration": "discovery",
  "/jwks": "jwks",
  "/authorize": "authorize",
  "/par": "par",
  "/token": "token",
  "/userinfo": "userinfo",
  "/revoke": "revoke",
  "/end-session": "end-session",
};
const ENDPOINTS = Object.values(PATHS);

const json = (body: object, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { ...headers, "content-type": "application/json" } });

const redirect = (url: string | null) =>
  url === null ? new Response("signed out", { headers }) : new Response(null, { status: 302, headers: { ...headers, location: url } });
