/** NanoIDP, a small provider written in Python: two files of YAML, which JSON is. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export const nanoidp = {
  id: "nanoidp",
  name: "NanoIDP",
  issuer: (port) => `http://127.0.0.1:${port}`,
  expects: { silent: undefined, silentSignedOut: undefined }, // it knows no sessions, and shows its page whatever the prompt

  async start({ port, portal, folder, url, home, launch }) {
    await writeFile(join(folder, "settings.yaml"), JSON.stringify(settings({ port, portal, url })));
    await writeFile(join(folder, "users.yaml"), JSON.stringify(users));
    launch(join(home, "bin/nanoidp"), ["--config", folder]);
  },

  async signIn(page) {
    await page.fill("input[name=username]", "alice");
    await page.fill("input[name=password]", "alicepass");
    await page.click("button[type=submit]");
  },
};

const settings = ({ port, portal, url }) => ({
  config_version: 1,
  server: { host: "127.0.0.1", port },
  oauth: {
    issuer: url,
    token_expiry_minutes: 5,
    refresh_token_rotation: true,
    require_pkce: true,
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    clients: [{ client_id: "spa", token_endpoint_auth_method: "none", redirect_uris: [`${portal}/cb`] }],
  },
  session: { enforce_password_check: true },
});

const users = {
  config_version: 1,
  users: { alice: { password: "alicepass", email: "alice@example.test", roles: ["USER"] } },
};
