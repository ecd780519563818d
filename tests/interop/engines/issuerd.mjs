/** issuerd, a provider written in Rust after Keycloak's model and URLs: realms, clients, users from a file. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export const issuerd = {
  id: "issuerd",
  name: "issuerd",
  issuer: (port) => `http://127.0.0.1:${port}/realms/test`,
  expects: { watched: true },

  async start({ port, portal, folder, url, home, launch }) {
    await writeFile(join(folder, "issuerd.toml"), settings({ port, portal, url }));
    // YAML, which JSON is
    await writeFile(join(folder, "provision.yaml"), JSON.stringify(provision(portal)));
    launch(join(home, "bin/issuerd"), ["daemon", "-c", "issuerd.toml"]);
  },

  async signIn(page) {
    await page.fill("#username", "alice");
    await page.fill("#password", "alicepass");
    await page.click("#login-submit");
  },
};

const settings = ({ port, portal, url }) => `
bind = "127.0.0.1"
port = ${port}
issuer_url = "${url}"
provision = "provision.yaml"
bootstrap_admin_password = "admin"
storage = "in_memory"
[cors]
allowed_origins = ["${portal}"]
`;

const provision = (portal) => ({
  marker: "test",
  realms: [{ name: "test", enabled: true, ssl_required: "none", access_token_lifespan: 300, refresh_token_lifespan: 1800 }],
  clients: [{
    realm: "test", client_id: "spa", enabled: true, public_client: true, full_scope_allowed: true,
    redirect_uris: [`${portal}/*`], web_origins: [portal],
    default_scopes: ["openid", "profile", "email"], optional_scopes: ["offline_access"],
  }],
  users: [{
    realm: "test", username: "alice", password: "alicepass", enabled: true,
    email: "alice@example.test", email_verified: true, first_name: "Alice", last_name: "Test",
  }],
});
