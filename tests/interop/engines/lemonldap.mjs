/** LemonLDAP::NG, the single sign-on of offices, in Perl: Debian's package, its demonstration users. */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Where the package keeps its configuration and what is written while it runs. */
const PACKAGE = "/var/lib/lemonldap-ng";
const APPLICATION = fileURLToPath(new URL("lemonldap.psgi", import.meta.url));

export const lemonldap = {
  id: "lemonldap",
  name: "LemonLDAP::NG",
  issuer: (port) => `http://127.0.0.1:${port}`,
  options: { trustedAudiences: ["archive"] },
  expects: {
    silentSignedOut: undefined, // it shows its page whatever the prompt
    spent: [undefined, "signed-in"], // its refresh tokens stay what they are
  },

  async start({ port, portal, folder, url, launch }) {
    for (const written of ["conf", "cache", "sessions/lock", "psessions/lock", "notifications", "captcha"]) {
      await mkdir(join(folder, written), { recursive: true });
    }
    const packaged = (await readFile(`${PACKAGE}/conf/lmConf-1.json`, "utf8")).replaceAll(PACKAGE, folder);
    const configuration = { ...JSON.parse(packaged), ...service(url, await newKey(folder)), ...client(portal) };
    await writeFile(join(folder, "conf/lmConf-1.json"), JSON.stringify(configuration));
    await writeFile(join(folder, "lemonldap-ng.ini"), settings(folder));
    launch("starman", ["--preload-app", "--workers", "5", "--listen", `127.0.0.1:${port}`, APPLICATION], {
      LLNG_DEFAULTCONFFILE: join(folder, "lemonldap-ng.ini"),
    });
  },

  async signIn(page) {
    // whoever came in a moment ago is let through, prompt=login or not
    if (!new URL(page.url()).pathname.startsWith("/oauth2/")) return;
    await page.fill("input[name=user]", "dwho");
    await page.fill("input[name=password]", "dwho");
    await page.click("button[type=submit]");
  },

  async signOut(page) {
    await page.click("button.positive");
  },
};

/** With a certificate, of which its key set tells. */
async function newKey(folder) {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=interop", "-keyout", key, "-out", certificate];
  await promisify(execFile)("openssl", request);
  return { key: await readFile(key, "utf8"), certificate: await readFile(certificate, "utf8") };
}

function service(url, { key, certificate }) {
  return {
    portal: `${url}/`, domain: "127.0.0.1", key: "of the cookies",
    registerDB: "Null", // else it wants to send mail
    // how many seconds such a moment has; the usual five would end somewhere within a test
    portalForceAuthnInterval: 600,
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceMetaDataIssuer: url,
    oidcServicePrivateKeySig: key, oidcServicePublicKeySig: certificate, oidcServiceKeyIdSig: "rsa",
  };
}

function client(portal) {
  const options = {
    ClientID: "spa", Public: 1, RequirePKCE: 1, BypassConsent: 1, AllowOffline: 1, RefreshToken: 1, IDTokenSignAlg: "RS256",
    RedirectUris: `${portal}/cb`, PostLogoutRedirectUris: `${portal}/`, AdditionalAudiences: "archive",
  };
  const named = Object.entries(options).map(([name, value]) => [`oidcRPMetaDataOptions${name}`, value]);
  return {
    oidcRPMetaDataOptions: { spa: Object.fromEntries(named) },
    oidcRPMetaDataExportedVars: { spa: { email: "mail", name: "cn", preferred_username: "uid" } },
  };
}

const settings = (folder) => `[all]
logLevel = warn
logger = Lemonldap::NG::Common::Logger::Std
userLogger = Lemonldap::NG::Common::Logger::Std
[configuration]
type = File
dirName = ${folder}/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'configuration', 'cache_root' => '${folder}/cache' }
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
`;
