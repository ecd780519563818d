/**
 * An OpenID Provider that behaves as the conformance suite's does, traps of its metadata and keys
 * included, until it is opened with a defect (see `defects.mjs`), which bends one of its answers.
 *
 * One server plays many providers, each with an issuer, endpoints and a record of its own. Every
 * secret it hands out or hears of is remembered in `secrets`, whatever it finds wrong with a
 * request in `complaints`.
 */
import { createHash, randomUUID } from "node:crypto";

import { listen } from "../../scripts/demo/listen.mjs";
import { CORS, json, send } from "./answers.mjs";
import { halfHash, keySet, sign } from "./keys.mjs";
import { examine } from "./proofs.mjs";

const ALL = ["none", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES256K", "ES384", "ES512", "EdDSA", "HS256"];

export async function startHostileProvider() {
  const [server, elsewhere] = await Promise.all([listen(0), listen(0)]);
  const keys = keySet();
  const open = new Map();
  for (const { origin, answerWith } of [server, elsewhere]) {
    answerWith(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url, origin);
      const [, alias] = /^\/test\/a\/([^/]+)\//.exec(pathname) ?? [];
      const op = open.get(alias);
      const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
      const { method, headers, headersDistinct } = request;
      const call = { origin, url: origin + pathname, query: searchParams, form, method, headers, proofs: headersDistinct.dpop ?? [] };
      const answer = op ? await op.answer(call) : { status: 404 };
      if (answer.silent || answer.endless) op.givenUp = new Promise((resolve) => response.on("close", resolve));
      send(response, answer);
    });
  }
  return {
    /** Where it is, and where else an API takes its tokens. */
    origins: [server.origin, elsewhere.origin],
    /**
     * One more provider. `returns` is where the browser may be sent back to: `{ signIn, signOut }`;
     * with `fapi` it announces PS256 and the `iss` of its responses, and keeps to both.
     */
    open(defect, returns, { fapi = false } = {}) {
      const alias = randomUUID();
      const op = new HostileProvider([server, elsewhere].map(({ origin }) => `${origin}/test/a/${alias}/`), defect, returns, fapi, keys);
      open.set(alias, op);
      return op;
    },
    close: () => Promise.all([server.close(), elsewhere.close()]),
  };
}

class HostileProvider {
  clientId = "portal";
  /** Every request so far: `{ endpoint, method, referer }`, preflights aside. */
  requests = [];
  /** The query of the last request to each endpoint. */
  queries = {};
  /** What a well-behaved relying party would not have done. */
  complaints = [];
  /** `[name, value]` of everything that must not come to light. */
  secrets = [];
  /** The proofs of possession so far: `{ endpoint, nonce }`. */
  proofs = [];
  /** The last callback URL. */
  callback;
  /** Settles when the page no longer waits for an answer without an end. */
  givenUp;
  /** The browser's session here, for those that speak of it. */
  session = { sid: randomUUID(), state: `${randomUUID()}.salt`, isOver: false };
  #codes = new Map();
  #refreshTokens = new Map();
  #pushed = new Map();
  #judges = new Map();
  #verifiers = new Set();
  #idTokens = [];
  #accessTokens = [];

  constructor([issuer, elsewhere], defect, returns, fapi, keys) {
    Object.assign(this, { issuer, defect, returns, fapi, keys });
    const url = (name, base = issuer) => `${base}${name}-${randomUUID().slice(0, 8)}`;
    this.endpoints = {
      discovery: `${issuer}.well-known/openid-configuration`,
      ...Object.fromEntries(["jwks", "par", "authorize", "token", "userinfo", "logout", "check", "trap", "api"].map((name) => [name, url(name)])),
      elsewhere: url("api", elsewhere),
    };
  }

  /** Replaces every key by one of another name, as a provider does that lost one. */
  async rotate() {
    this.keys = keySet(`${this.requests.length}-rotated`);
  }

  /** The endpoints asked so far, in order. */
  get sequence() {
    return this.requests.map(({ endpoint }) => endpoint);
  }

  async answer(call) {
    const [endpoint] = Object.entries(this.endpoints).find(([, url]) => url === call.url) ?? ["unknown"];
    if (call.method === "OPTIONS") return { status: 204, headers: { ...CORS, ...this.defect.preflight } };
    this.requests.push({ endpoint, method: call.method, referer: call.headers.referer ?? "" });
    this.queries[endpoint] = call.query;
    // navigations carry the browser's cookies, requests of the page must not
    if (call.headers.cookie && call.headers["sec-fetch-mode"] !== "navigate") this.complaints.push(`a cookie at ${endpoint}`);
    const answers = {
      discovery: this.#discovery, jwks: this.#jwks, par: this.#par, authorize: this.#authorize, token: this.#token, userinfo: this.#userinfo,
      logout: this.#logout, check: this.#check, api: this.#api, elsewhere: this.#api,
    };
    const judge = await this.#judge(endpoint, call);
    const answer = this.#refusal(judge, call) ?? (await answers[endpoint]?.call(this, call)) ?? { status: 404 };
    const given = judge && this.defect.gives ? { "dpop-nonce": judge.fresh() } : {};
    answer.headers = { ...CORS, "set-cookie": "hostile=1; Path=/", ...given, ...answer.headers };
    const wire = this.#hooks(call).wire?.[endpoint];
    return wire ? { ...answer, ...wire(answer, this) } : answer;
  }

  /** The defect, or the part of it that is for refreshes. */
  #hooks({ form }) {
    return form?.get("grant_type") === "refresh_token" ? this.defect.refresh ?? {} : this.defect;
  }

  /** Who judges the proof of a call, and knows what is wrong with it: another for each origin, and for those that issue tokens and take them. */
  async #judge(endpoint, call) {
    if (!call.proofs.length) return undefined;
    const [, accessToken] = /^DPoP (\S+)$/i.exec(call.headers.authorization ?? "") ?? [];
    const { claims, thumbprint, faults } = await examine(call.proofs, { ...call, accessToken });
    this.complaints.push(...faults);
    call.proof = { claims, thumbprint };
    if (thumbprint) this.#secret("proof", call.proofs[0]);
    const name = `${call.origin} ${accessToken ? "takes" : "issues"}`;
    const judge = this.#judges.get(name) ?? { last: undefined };
    this.#judges.set(name, judge);
    this.#demand(claims.nonce === judge.last, `${endpoint}: another nonce than the last of that server`);
    this.proofs.push({ endpoint, nonce: claims.nonce });
    return Object.assign(judge, { endpoint, fresh: () => (judge.last = `${endpoint}-${randomUUID()}`) });
  }

  /** Asks for another proof, if this one is not as the defect wants it. */
  #refusal(judge, call) {
    const nonce = judge && this.#hooks(call).wants?.(judge, call.proof.claims);
    if (nonce === undefined) return undefined;
    const given = nonce === null ? {} : { "dpop-nonce": nonce };
    if (judge.endpoint === "token") return json({ error: "use_dpop_nonce" }, 400, given);
    return { status: 401, headers: { ...given, "www-authenticate": 'DPoP error="use_dpop_nonce", algs="ES256"' } };
  }

  #demand(holds, what) {
    if (!holds) this.complaints.push(what);
  }

  #secret(name, value) {
    this.secrets.push([name, value]);
    return value;
  }

  #marked(name) {
    return this.#secret(name, `MARKED-${name.replace(" ", "-")}-${randomUUID()}`);
  }

  #discovery() {
    const { issuer, fapi, endpoints } = this;
    const metadata = {
      ["__proto__"]: { polluted: true },
      constructor: { prototype: { polluted: true } },
      issuer,
      authorization_endpoint: endpoints.authorize,
      token_endpoint: endpoints.token,
      pushed_authorization_request_endpoint: endpoints.par,
      dpop_signing_alg_values_supported: ["RS256", "ES256"],
      jwks_uri: endpoints.jwks,
      userinfo_endpoint: endpoints.userinfo,
      end_session_endpoint: endpoints.logout,
      response_types_supported: ["id_token", "id_token token", "id_token code", "token code", "code"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
      id_token_signing_alg_values_supported: fapi ? ["PS256"] : ALL,
      response_modes_supported: ["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"],
      authorization_signing_alg_values_supported: fapi ? ["PS256"] : ALL,
      ...(fapi ? { authorization_response_iss_parameter_supported: true } : {}),
      ...(this.defect.session ? { check_session_iframe: endpoints.check, frontchannel_logout_session_supported: true } : {}),
    };
    return json(this.defect.metadata?.(metadata, this) ?? metadata);
  }

  #jwks() {
    const set = structuredClone(this.keys.published);
    return json(this.defect.jwks?.(set, this) ?? set);
  }

  /** Remembers a request for later, which is judged when the browser comes with its name. */
  #par({ form, method, headers }) {
    if (!form.has("response_type")) return { status: 400 }; // somebody who only looks whether it is there
    this.#demand(method === "POST" && headers["content-type"].startsWith("application/x-www-form-urlencoded"), "a form, pushed");
    this.#demand(!form.has("request_uri"), "request_uri within a pushed request");
    ["state", "nonce"].forEach((name) => this.#secret(name, form.get(name)));
    const requestUri = this.#secret("request URI", `urn:example:MARKED-${randomUUID()}`);
    this.#pushed.set(requestUri, form);
    const body = { request_uri: requestUri, expires_in: 60 };
    return json(this.defect.pushed?.(body, this) ?? body, 201);
  }

  async #authorize({ query: visited }) {
    const query = this.#pushed.get(visited.get("request_uri")) ?? visited;
    this.#demand(query === visited || [...visited.keys()].sort().join(" ") === "client_id request_uri", "more than the name of a pushed request");
    this.#demand(query.get("client_id") === visited.get("client_id"), "client_id of a pushed request");
    const [state, nonce, challenge] = ["state", "nonce", "code_challenge"].map((name) => query.get(name) ?? "");
    this.#demand(query.get("response_type") === "code", "response_type");
    this.#demand(query.get("client_id") === this.clientId, "client_id");
    this.#demand(query.get("redirect_uri") === this.returns.signIn, "redirect_uri");
    this.#demand(query.get("response_mode") === (this.defect.settings?.jarm ? "query.jwt" : null), "response_mode");
    this.#demand(query.get("scope").split(" ").includes("openid"), "scope");
    this.#demand(query.get("code_challenge_method") === "S256" && challenge.length === 43, "code_challenge");
    this.#demand(/^[\w-]{43}$/.test(nonce), "nonce");
    this.#demand(/^[\w-]{22,128}$/.test(state), "state");
    this.#secret("state", state);
    this.#secret("nonce", nonce);
    const url = new URL(this.returns.signIn);
    url.searchParams.set("state", state);
    if (this.fapi) url.searchParams.set("iss", this.issuer);
    if (this.defect.session) {
      if (query.get("prompt") === "none" && this.session.isOver) {
        url.searchParams.set("error", "login_required");
        return { status: 303, headers: { location: url.href } };
      }
      url.searchParams.set("session_state", this.session.state);
    }
    const code = this.#marked("code");
    this.#codes.set(code, { nonce, challenge, scope: query.get("scope"), authTime: now(), thumbprint: query.get("dpop_jkt") ?? undefined });
    if (this.defect.rotate) await this.rotate();
    url.searchParams.set("code", code);
    const isSigned = this.defect.response ?? query.has("response_mode");
    const signed = isSigned ? await this.#signResponse(url) : undefined;
    const location = this.defect.redirect?.(url, this, signed) ?? url.href;
    this.callback = location;
    return { status: 303, headers: { location } };
  }

  /** Puts one signed parameter in place of all others (JARM §2.3.1); returns what is signed. */
  async #signResponse(url) {
    const hooks = this.defect.response ?? {};
    const { searchParams } = url;
    const claims = { ["__proto__"]: { polluted: true }, iss: this.issuer, aud: this.clientId, exp: now() + 300, ...Object.fromEntries(searchParams) };
    const response = await this.#sign("signed response", this.#alg(hooks), claims, hooks);
    [...searchParams.keys()].forEach((name) => searchParams.delete(name));
    searchParams.set("response", response);
    return claims;
  }

  async #token(call) {
    const { form, headers, proof } = call;
    const hooks = this.#hooks(call);
    const isRefresh = form.get("grant_type") === "refresh_token";
    const grants = isRefresh ? this.#refreshTokens : this.#codes;
    const credential = form.get(isRefresh ? "refresh_token" : "code");
    const grant = grants.get(credential);
    grants.delete(credential);
    this.#demand(form.get("client_id") === this.clientId && !headers.authorization, "client authentication");
    this.#demand(grant, `${form.get("grant_type")}: unknown or used before`);
    if (!grant && form.get("code") === null && !isRefresh) return { status: 405 }; // somebody who only looks whether it is there
    if (!isRefresh) this.#checkExchange(form, grant);
    if (!grant) return json({ error: "invalid_grant" }, 400);
    if (isRefresh) grant.thumbprint ??= proof?.thumbprint; // what was bound to nothing may be from now on
    this.#demand(proof?.thumbprint === grant.thumbprint, "the key that the code is bound to");

    const accessToken = this.#marked("access token");
    this.#accessTokens.push({ accessToken, thumbprint: proof?.thumbprint });
    const refreshToken = this.#marked("refresh token");
    this.#refreshTokens.set(refreshToken, grant);
    const idToken = await this.#idToken(hooks, grant, accessToken);
    const body = {
      ["__proto__"]: { polluted: true },
      scope: grant.scope,
      id_token: idToken,
      refresh_token: refreshToken,
      token_type: proof ? "DPoP" : "Bearer",
      access_token: accessToken,
    };
    return json(hooks.tokens?.(body, this) ?? body);
  }

  #checkExchange(form, grant) {
    const verifier = form.get("code_verifier") ?? "";
    this.#secret("verifier", verifier);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    this.#demand(challenge === grant?.challenge && verifier.length >= 43, "code_verifier");
    this.#demand(!this.#verifiers.has(verifier), "code_verifier used before");
    this.#verifiers.add(verifier);
    this.#demand(form.get("redirect_uri") === this.returns.signIn, "redirect_uri at the token endpoint");
  }

  async #idToken(hooks, grant, accessToken) {
    const alg = this.#alg(this.defect);
    const claims = {
      ["__proto__"]: { polluted: true },
      iss: this.issuer,
      sub: "alice",
      aud: this.clientId,
      exp: now() + 300,
      iat: now(),
      auth_time: grant.authTime,
      nonce: grant.nonce,
      at_hash: halfHash(alg, accessToken),
      note: this.#marked("claim"),
      ...(this.defect.session ? { sid: this.session.sid } : {}),
    };
    const idToken = await this.#sign("ID token", alg, claims, hooks);
    this.#idTokens.push(idToken);
    return idToken;
  }

  #alg({ alg }) {
    return alg ?? (this.fapi ? "PS256" : "RS256");
  }

  /** Signs claims, bent by `hooks`; nothing of it but the header may come to light. */
  async #sign(what, alg, claims, hooks) {
    const header = { alg, kid: this.keys.for(alg).kid };
    hooks.header?.(header, this);
    const token = await sign(header, hooks.claims?.(claims, this) ?? claims, hooks.keys ?? this.keys);
    const sealed = (await hooks.seal?.(token, this)) ?? token;
    for (const segment of sealed.split(".").slice(1)) {
      if (segment.length > 20) this.#secret(what, segment);
    }
    return sealed;
  }

  #takeToken({ form, headers, proof }, what) {
    const { accessToken, thumbprint } = this.#accessTokens.at(-1) ?? {};
    const [, scheme, token] = /^(\S+) (\S+)$/i.exec(headers.authorization ?? "") ?? [];
    this.#demand(token === accessToken, `${what} without the newest access token`);
    this.#demand(scheme?.toLowerCase() === (thumbprint ? "dpop" : "bearer"), `the scheme at ${what}`);
    this.#demand(proof?.thumbprint === thumbprint, `${what} without the key that the access token is bound to`);
    this.#demand(!form.size, "an access token in two places");
  }

  #api(call) {
    this.#takeToken(call, "an API");
    return json({ heard: call.query.get("q") });
  }

  async #userinfo(call) {
    this.#takeToken(call, "userinfo");
    this.#demand(!call.query.size, "an access token in two places");
    const claims = { ["__proto__"]: { polluted: true }, sub: "alice", name: "Alice", note: this.#marked("userinfo claim") };
    return json((await this.defect.userinfo?.(claims, this)) ?? claims);
  }

  /** The session's frame: it answers the one question there is, and remembers on the page what it answered. */
  #check() {
    const question = `${this.clientId} ${this.session.state}`;
    const script = `addEventListener("message", ({ data, origin, source }) => {
      const known = data === ${JSON.stringify(question)} && origin === ${JSON.stringify(new URL(this.returns.signIn).origin)};
      source.postMessage(!known ? "error" : document.cookie.includes("session=over") ? "changed" : "unchanged", origin);
    });`;
    return { status: 200, headers: { "content-type": "text/html" }, body: `<!doctype html><title>session</title><script>${script}</script>` };
  }

  /** Ends the session, as if the user had signed out elsewhere; the cookie says so. */
  endSession() {
    this.session.isOver = true;
    return { name: "session", value: "over", url: this.issuer };
  }

  #logout({ query }) {
    const back = query.get("post_logout_redirect_uri");
    this.#demand(this.#idTokens.includes(query.get("id_token_hint")), "id_token_hint");
    this.#demand(back === this.returns.signOut, "post_logout_redirect_uri");
    const url = new URL(back);
    url.searchParams.set("state", query.get("state"));
    this.defect.logout?.(url, this);
    return { status: 303, headers: { location: url.href } };
  }
}

const now = () => Math.floor(Date.now() / 1000);
