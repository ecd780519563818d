/** Portcullis, as its documentation shows. */
import { createAuth } from "portcullis";

export async function login({ issuer, clientId, redirectUri }) {
  const auth = await createAuth({ issuer, clientId, redirectUri });
  return auth.login();
}

export async function finish({ issuer, clientId, redirectUri }) {
  const auth = await createAuth({ issuer, clientId, redirectUri });
  const { user } = await auth.handleCallback();
  return user;
}
