/**
 * Options for providers that need more than an issuer: data to be spread into `AuthOptions`. Whoever
 * is not here needs none.
 *
 * @packageDocumentation
 */

import type { AuthOptions } from "./types.js";

/** The options that a preset gives. */
export type Preset = Pick<AuthOptions, "issuer"> &
  Pick<AuthOptions, "discoveryUrl" | "metadata" | "jwks" | "authorizationParams" | "tenants" | "logoutRedirectParam">;

const entraHost = "https://login.microsoftonline.com";
/** The tenant of all personal Microsoft accounts. */
const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad";

/**
 * Microsoft Entra ID. `tenant` is a tenant's id, `consumers` for personal accounts, or
 * `organizations` or `common` for users of any tenant, or of `tenants` alone. Names of tenants are no
 * part of an issuer and cannot be given.
 */
export function entra({ tenant, tenants }: { tenant: string; tenants?: readonly string[] }): Preset {
  if (tenant !== "common" && tenant !== "organizations") {
    return { issuer: `${entraHost}/${tenant === "consumers" ? consumers : tenant}/v2.0` };
  }
  return {
    issuer: `${entraHost}/{tenantid}/v2.0`,
    discoveryUrl: `${entraHost}/${tenant}/v2.0/.well-known/openid-configuration`,
    ...(tenants ? { tenants } : {}),
  };
}

/**
 * Azure AD B2C: `name` as in `name.b2clogin.com`, the tenant's id, and a user flow or custom policy.
 * There is no userinfo, and no sign-in without a scope of an API; the client's own id is one.
 */
export function b2c({ name, tenantId, policy }: { name: string; tenantId: string; policy: string }): Preset {
  const host = `https://${name}.b2clogin.com`;
  return {
    issuer: `${host}/${tenantId}/v2.0/`,
    discoveryUrl: `${host}/${name}.onmicrosoft.com/${policy}/v2.0/.well-known/openid-configuration`,
  };
}

/** Amazon Cognito: the user pool, and the domain of its sign-in pages, whose sign-out is its own. */
export function cognito({ region, userPoolId, domain }: { region: string; userPoolId: string; domain: string }): Preset {
  return {
    issuer: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    metadata: { end_session_endpoint: `https://${domain}/logout` },
    logoutRedirectParam: "logout_uri",
  };
}

/** Auth0: the tenant's domain, and the API that the access token is for. */
export function auth0({ domain, audience }: { domain: string; audience?: string }): Preset {
  return {
    issuer: `https://${domain}/`,
    ...(audience ? { authorizationParams: { audience } } : {}),
  };
}

/**
 * AD FS whose documents no page can read: its host, and the keys at `/adfs/discovery/keys`, to be
 * given anew when it changes them. Its token endpoint must allow the portal's origin all the same
 * (`Set-AdfsResponseHeaders`).
 */
export function adfs({ host, jwks }: { host: string; jwks: NonNullable<AuthOptions["jwks"]> }): Preset {
  const issuer = `https://${host}/adfs`;
  return {
    issuer,
    metadata: {
      authorization_endpoint: `${issuer}/oauth2/authorize/`,
      token_endpoint: `${issuer}/oauth2/token/`,
      end_session_endpoint: `${issuer}/oauth2/logout`,
    },
    jwks,
  };
}
