/** The least a portal does: sign in, take the answer, call an API. `issuer.js` is written by the test. */
import { issuer } from "./issuer.js";

export const options = {
  issuer,
  clientId: "spa",
  redirectUri: `${location.origin}/`,
  apiOrigins: [issuer],
};

const show = (id, text) => (document.getElementById(id).textContent = text);

/** Runs the portal on what `createAuth` promised. */
export async function run(opening) {
  try {
    const auth = await opening;
    if (auth.isCallback()) {
      const { returnTo } = await auth.handleCallback();
      history.replaceState(null, "", returnTo);
    }
    const tell = () => show("state", [auth.state.status, auth.user?.sub].filter(Boolean).join(" as "));
    auth.subscribe(tell);
    tell();
    document.getElementById("sign-in").onclick = () => auth.login().catch((error) => show("state", String(error)));
    document.getElementById("call-api").onclick = async () => {
      const response = await auth.fetch(`${issuer}/api/me`);
      show("api", `${response.status} for ${(await response.json()).sub}`);
    };
  } catch (error) {
    show("state", String(error));
  }
}
