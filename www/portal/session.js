/** This portal's one auth client. */
import { createAuth } from "/portcullis/index.js";
import settings from "/settings.js";

const { origin } = location;

export const openSession = () => createAuth({
  issuer: settings.issuer,
  clientId: "portal",
  redirectUri: `${origin}/callback`,
  postLogoutRedirectUri: `${origin}/`,
  scope: "openid profile email ledger:read",
  idleTimeout: settings.idleTimeout,
  idleWarning: settings.idleWarning,
});
