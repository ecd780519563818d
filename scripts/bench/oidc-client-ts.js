/** oidc-client-ts, as its documentation shows. It does not check the signature. */
import { UserManager, WebStorageStateStore } from "oidc-client-ts";

const manager = ({ issuer, clientId, redirectUri }) => new UserManager({
  authority: issuer,
  client_id: clientId,
  redirect_uri: redirectUri,
  userStore: new WebStorageStateStore({ store: sessionStorage }),
});

export const login = (settings) => manager(settings).signinRedirect();

export async function finish(settings) {
  const { profile } = await manager(settings).signinRedirectCallback();
  return profile;
}
