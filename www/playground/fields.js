/**
 * What a connection's form asks, in order: the data's members with their kinds, their words, and when they
 * apply. A member that does not apply is not shown, sent or exported.
 *
 * Kinds: `text` (`code` for what is written exactly so), `number`, `flag`, `choice`, `radio`, `pairs` (names and
 * values), `map` (the same as an object), `texts`, `step`, `steps`, and `named` (an object of what `of` says).
 */

const grantOf = ({ type, grant }) => grant ?? (type === "three-legged" ? "authorization_code" : "described");
const hasCode = (data) => grantOf(data) === "authorization_code";
const isImplicit = (data) => grantOf(data) === "implicit";
const hasTokenRequest = (data) => !isImplicit(data);
const signs = (data) => /_jwt$/.test(data.clientAuth ?? "") || grantOf(data) === "jwt_bearer";

/** Whether a person has to take part before there is a token. */
export const needsPerson = (data) => data.type === "three-legged" || isImplicit(data);

const GRANTS = {
  "two-legged": [
    ["described", "As described below"],
    ["client_credentials", "Client credentials"],
    ["password", "Resource owner password"],
    ["implicit", "Implicit"],
    ["token_exchange", "Token exchange (RFC 8693)"],
    ["jwt_bearer", "JWT bearer (RFC 7523)"],
    ["saml2_bearer", "SAML 2.0 bearer (RFC 7522)"],
  ],
  "three-legged": [
    ["authorization_code", "Authorization code"],
    ["device_code", "Device code (RFC 8628)"],
  ],
};

const BODY_TYPES = [["form", "Form"], ["json", "JSON"]];

const STEP = [
  { name: "name", label: "Called" },
  { name: "method", label: "Method", kind: "choice", empty: "GET", options: ["GET", "POST", "PUT", "DELETE"] },
  { name: "url", label: "URL", code: true },
  { name: "headers", label: "Headers", kind: "pairs", item: "header" },
  { name: "bodyType", label: "Body type", kind: "choice", empty: "form", options: BODY_TYPES, when: hasBody },
  { name: "body", label: "Body", kind: "pairs", item: "parameter", when: hasBody },
  { name: "read", label: "Values to keep from the answer", kind: "map", item: "value", hint: "Name and JSONPath; templates know it by the name." },
];

function hasBody({ method = "GET" }) {
  return method !== "GET";
}

const ANSWER = [
  { name: "tokenPath", label: "Token path", code: true, placeholder: "access_token", hint: "A member’s name, or a JSONPath." },
  { name: "errorPath", label: "Error path", code: true, placeholder: "error", hint: "Whatever is there makes an answer an error." },
  { name: "expiresInPath", label: "Lifetime path", code: true, placeholder: "expires_in" },
  { name: "refreshTokenPath", label: "Refresh token path", code: true, placeholder: "refresh_token" },
  { name: "tokenValues", label: "More values of the answer", kind: "map", item: "value" },
];

/** The form of a connection: sections of fields. */
export const CONNECTION = [
  {
    title: "Connection",
    fields: [
      { name: "id", label: "ID", code: true },
      { name: "description", label: "Description" },
      {
        name: "type", label: "Type", kind: "radio",
        options: [["two-legged", "Two-legged"], ["three-legged", "Three-legged"]],
        hint: "Two machines; or somebody signs in at the system and lets us in.",
      },
      { name: "grant", label: "Grant", kind: "choice", options: ({ type }) => GRANTS[type] ?? GRANTS["two-legged"], empty: ({ type }) => (type === "three-legged" ? "authorization_code" : "described") },
    ],
  },
  {
    title: "Addresses",
    fields: [
      { name: "values", label: "Values for templates", kind: "map", item: "value", hint: "Base URLs, tenants: %[name] stands for them everywhere. No secrets." },
      { name: "authorizationUrl", label: "Authorization URL", code: true, when: (data) => hasCode(data) || isImplicit(data) },
      { name: "redirectUri", label: "Redirect URI", code: true, when: (data) => hasCode(data) || isImplicit(data) },
      { name: "deviceAuthorizationUrl", label: "Device authorization URL", code: true, when: (data) => grantOf(data) === "device_code" },
      { name: "tokenUrl", label: "Token URL", code: true, when: hasTokenRequest },
      { name: "introspectionUrl", label: "Introspection URL", code: true },
      { name: "revocationUrl", label: "Revocation URL", code: true },
      { name: "issuer", label: "Issuer", code: true, when: hasCode, hint: "Who must answer at the redirect URI." },
      { name: "pkce", label: "Bind the code to this client (PKCE)", kind: "flag", empty: true, when: hasCode },
    ],
  },
  {
    title: "Client",
    fields: [
      { name: "clientId", label: "Client ID", code: true },
      {
        name: "clientAuth", label: "Client authentication", kind: "choice", empty: "none", when: hasTokenRequest,
        options: [["none", "None"], ["basic", "HTTP Basic"], ["post", "In the body"], ["client_secret_jwt", "JWT signed with the secret"], ["private_key_jwt", "JWT signed with a key"]],
      },
      { name: "signingAlg", label: "Signing algorithm", kind: "choice", empty: "", options: [["", "Default"], "HS256", "RS256", "PS256", "ES256", "EdDSA"], when: signs },
      { name: "signingKeyId", label: "Signing key ID", code: true, when: signs },
      { name: "assertionAudience", label: "Assertion’s audience", code: true, placeholder: "%[token_url]", when: signs },
      { name: "assertionSubject", label: "Assertion’s subject", code: true, placeholder: "%[client_id]", when: (data) => grantOf(data) === "jwt_bearer" },
      { name: "scope", label: "Scope", code: true },
      { name: "audience", label: "Audience", code: true },
    ],
  },
  {
    title: "Requests for a token",
    fields: [
      { name: "before", label: "Asked before", kind: "steps", item: "request", hint: "A policy, a nonce: what the token request needs to know.", when: hasTokenRequest },
      { name: "bodyType", label: "Body type", kind: "radio", empty: "form", options: BODY_TYPES, when: hasTokenRequest },
      { name: "tokenRequest", label: "Token request", kind: "pairs", item: "parameter", when: hasTokenRequest },
      { name: "tokenHeaders", label: "Token request headers", kind: "pairs", item: "header", when: hasTokenRequest },
      { name: "credentials", label: "Kinds of credentials", kind: "named", item: "kind", of: { kind: "pairs", item: "parameter" }, when: hasTokenRequest },
      { name: "credential", label: "Kind in use", code: true, kind: "choice", empty: "", options: ({ credentials = {} }) => [["", "–"], ...Object.keys(credentials)], when: ({ credentials, credential }) => !!credentials || !!credential },
      { name: "refreshRequest", label: "Refresh request", kind: "pairs", item: "parameter", when: (data) => needsPerson(data) && hasTokenRequest(data) && !data.persistToken, hint: "Sent when a token expires, or a new session begins." },
      { name: "timeout", label: "Timeout, in seconds", kind: "number", placeholder: "20", hint: "0 to 120." },
    ],
  },
  {
    title: "The answer",
    fields: [
      ...ANSWER.map((field) => ({ ...field, when: hasTokenRequest })),
      { name: "versions", label: "Structures by version", kind: "named", item: "version", of: { fields: ANSWER }, when: hasTokenRequest },
      { name: "version", label: "Version", kind: "choice", empty: "", options: ({ versions = {} }) => [["", "–"], ...Object.keys(versions)], when: ({ versions, version }) => !!versions || !!version },
      { name: "lifetime", label: "Lifetime, in seconds", kind: "number", hint: "Where the answer does not tell." },
      { name: "idleTimeout", label: "Idle timeout, in seconds", kind: "number", code: true, hint: "A number or a template." },
      { name: "maxLifetime", label: "Longest lifetime, in seconds", kind: "number", code: true, hint: "A number or a template." },
      { name: "persistToken", label: "Persist the token: save it and use it until it is refused", kind: "flag", empty: false },
    ],
  },
  {
    title: "Requests with the token",
    fields: [
      { name: "requestHeaders", label: "Authenticated request headers", kind: "pairs", item: "header", hint: "Without any: Authorization: Bearer %[token]." },
      { name: "testUrl", label: "Test URL", code: true },
      { name: "apiOrigins", label: "Origins that may have the token", kind: "texts", item: "origin", hint: "Without any: that of the test URL." },
      { name: "renewOn", label: "Another token is fetched", kind: "choice", empty: "invalid_token", options: [["invalid_token", "after invalid_token"], ["any_401", "after any 401"]] },
      { name: "signOut", label: "Sign-out", kind: "step", item: "request" },
      { name: "trace", label: "Keep requests and answers in the trace", kind: "flag", empty: false },
    ],
  },
];

/** The form of an e-mail gate. */
export const GATE = [
  {
    title: "Service",
    fields: [
      { name: "baseUrl", label: "Base URL", code: true, hint: "/authorize is added to it." },
      { name: "values", label: "Values for templates", kind: "map", item: "value" },
      { name: "timeout", label: "Timeout, in seconds", kind: "number", placeholder: "20", hint: "1 to 120." },
    ],
  },
];

export { STEP };

/** `data` without members that the form does not know, or does not show for it. */
export function applicable(sections, data) {
  return keep(sections.flatMap(({ fields }) => fields), data);
}

function keep(fields, data) {
  const known = fields.filter(({ name, when }) => data[name] !== undefined && (!when || when(data)));
  return Object.fromEntries(known.map((field) => [field.name, kept(field, data[field.name])]));
}

function kept({ kind, of }, value) {
  if (kind === "step" && isObject(value)) return keep(STEP, value);
  if (kind === "steps" && Array.isArray(value)) return value.map((step) => (isObject(step) ? keep(STEP, step) : step));
  if (kind === "named" && of.fields && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, isObject(inner) ? keep(of.fields, inner) : inner]));
  }
  return value;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
