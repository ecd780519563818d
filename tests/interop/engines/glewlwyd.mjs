/** Glewlwyd, an identity server written in C: Debian's package, its own pages, an SQLite file. */
import { execFile } from "node:child_process";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

import { newKeyPair } from "../../../scripts/demo/keys.mjs";
import { answers } from "../engine.mjs";

const SCHEMA = "/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz";
const CONFIGURATION = "/etc/glewlwyd/glewlwyd.conf";
const PAGES = "/usr/share/glewlwyd/webapp";
/** Of the pages; the package made a folder of it. */
const PAGES_CONFIGURATION = "/etc/glewlwyd/config-2.7.json/config.json";

const SCOPES = ["openid", "profile", "email"];

export const glewlwyd = {
  id: "glewlwyd",
  name: "Glewlwyd",
  scope: SCOPES.join(" "),
  expects: {
    silentSignedOut: "interaction_required",
    spent: ["token_http", "stale"], // status 400 and no word
  },
  issuer: (port) => `http://127.0.0.1:${port}/api/oidc`,

  async start({ port, portal, folder, url, launch }) {
    await writeDatabase(join(folder, "db.sqlite"));
    await copyPages(join(folder, "pages"));
    await writeFile(join(folder, "glewlwyd.conf"), configuration(await readFile(CONFIGURATION, "utf8"), { port, folder, url }));
    const server = launch("glewlwyd", ["-c", "glewlwyd.conf"]);
    await answers(`${url}/config`, [server]);

    const admin = await signInTo(url, "admin", "password");
    await admin("POST", "mod/plugin/", plugin(`${url}/api/oidc`));
    for (const name of SCOPES.slice(1)) {
      await admin("POST", "scope/", { name, display_name: name, password_required: false, password_max_age: 0, scheme: {} });
    }
    await admin("POST", "user/", {
      username: "alice", password: "alicepass", name: "Alice Test", email: "alice@example.test", enabled: true,
      scope: ["g_profile", ...SCOPES],
    });
    await admin("POST", "client/", {
      client_id: "spa", name: "spa", confidential: false, enabled: true, scope: [], token_endpoint_auth_method: ["none"],
      authorization_type: ["code", "refresh_token"],
      redirect_uri: [`${portal}/cb`], post_logout_redirect_uris: [`${portal}/`],
    });
    const alice = await signInTo(url, "alice", "alicepass");
    await alice("PUT", "auth/grant/spa", { scope: SCOPES.join(" ") });
  },

  async signIn(page) {
    const onward = page.getByText("Continue", { exact: true });
    await onward.or(page.locator("#username")).first().waitFor(); // it may know who is there
    // its page draws itself anew while it loads, and may lose what is typed meanwhile
    for (let attempts = 0; attempts < 5 && !(await onward.isVisible()); attempts++) {
      await page.fill("#username", "alice");
      await page.fill("#password", "alicepass");
      await page.click("button[type=submit]");
      await onward.waitFor({ timeout: 5_000 }).catch(() => {});
    }
    await onward.click();
  },

  async signOut(page) {
    await page.locator("button:has-text(\"Logout\")").click();
  },
};

async function writeDatabase(path) {
  const schema = gunzipSync(await readFile(SCHEMA)).toString();
  // what clients may be given beside the columns of their table
  const members = { post_logout_redirect_uris: { multiple: true, read: true, write: true } };
  const format = Object.entries(members).map(([name, value]) => `'$.data-format.${name}', json('${JSON.stringify(value)}')`);
  const widen = `UPDATE g_client_module_instance SET gcmi_parameters = json_set(gcmi_parameters, ${format.join(", ")});`;
  const sqlite = promisify(execFile)("sqlite3", [path]);
  sqlite.child.stdin.end(`${schema}\n${widen}`);
  await sqlite;
}

/** Its server of files follows no links, as which the package has the pages' configuration. */
async function copyPages(folder) {
  await cp(PAGES, folder, { recursive: true, dereference: true });
  await rm(join(folder, "config.json"), { recursive: true });
  await cp(PAGES_CONFIGURATION, join(folder, "config.json"));
  await cp(join(folder, "locales/en"), join(folder, "locales/en-US"), { recursive: true });
}

function configuration(text, { port, folder, url }) {
  const settings = {
    port, external_url: url, login_url: "login.html", log_mode: "console", add_x_frame_option_header_deny: false,
    expose_headers: "DPoP-Nonce, WWW-Authenticate",
  };
  const written = ([name, value]) => `${name}=${typeof value === "string" ? JSON.stringify(value) : value}\n`;
  const kept = text.split("\n").filter((line) => !/^@include/.test(line) && !Object.keys(settings).some((name) => line.startsWith(`${name}=`)));
  return [
    ...kept, ...Object.entries({ ...settings, bind_address: "127.0.0.1", static_files_path: join(folder, "pages") }).map(written),
    `database = { type = "sqlite3"; path = "${join(folder, "db.sqlite")}"; };\n`,
  ].join("\n");
}

function plugin(iss) {
  const keys = [{ ...newKeyPair("rsa", { modulusLength: 2048 }).privateKey, kid: "rsa", alg: "RS256", use: "sig" }];
  return {
    module: "oidc", name: "oidc", display_name: "oidc", enabled: true,
    parameters: {
      iss, "jwks-private": JSON.stringify({ keys }), "jwks-show": true, "default-kid": "rsa", "jwt-type": "rsa", "jwt-key-size": "256",
      "access-token-duration": 300, "refresh-token-duration": 86400, "code-duration": 60,
      "refresh-token-rolling": true, "refresh-token-one-use": "always",
      "auth-type-code-enabled": true, "auth-type-code-revoke-replayed": true, "auth-type-refresh-enabled": true,
      "auth-type-implicit-enabled": false, "auth-type-token-enabled": false, "auth-type-password-enabled": false,
      "auth-type-client-enabled": false, "auth-type-device-enabled": false, "auth-type-none-enabled": false,
      "allow-non-oidc": true, scope: [], "additional-parameters": [], claims: [], "allowed-scope": SCOPES,
      "name-claim": "on-demand", "name-claim-scope": ["profile"], "email-claim": "on-demand", "email-claim-scope": ["email"],
      "scope-claim": "no", "address-claim": { type: "no" },
      "pkce-allowed": true, "pkce-method-plain-allowed": false, "pkce-required": true, "pkce-required-public-client": true,
      "introspection-revocation-allowed": true, "introspection-revocation-auth-scope": [],
      "introspection-revocation-allow-target-client": true,
      "session-management-allowed": true, "front-channel-logout-allowed": true, "back-channel-logout-allowed": true,
      "session-cookie-name": "GLWD_OIDC_SID", "session-cookie-expiration": 86400,
      "subject-type": "public", "oauth-as-iss-id": true,
      "oauth-dpop-allowed": true, "oauth-dpop-iat-duration": 60, "oauth-dpop-nonce-mandatory": false, "oauth-dpop-nonce-counter": 5,
      "oauth-fapi-allow-jarm": true, "oauth-par-allowed": true, "oauth-par-required": false, "oauth-par-duration": 90,
      "oauth-par-request_uri-prefix": "urn:ietf:params:oauth:request_uri:",
    },
  };
}

/** Calls of its API as somebody who is signed in there. */
async function signInTo(url, username, password) {
  const send = (method, path, body, cookie) => fetch(`${url}/api/${path}`, {
    method, headers: { "content-type": "application/json", ...(cookie && { cookie }) }, body: JSON.stringify(body),
  });
  const signedIn = await send("POST", "auth/", { username, password });
  const cookie = signedIn.headers.getSetCookie().map((set) => set.split(";")[0]).join("; ");
  return async (method, path, body) => {
    const response = await send(method, path, body, cookie);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
}
