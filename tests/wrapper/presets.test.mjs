/** Presets: data that the options take as it is. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { adfs, auth0, b2c, cognito, entra } from "../../pkg/dist/presets.js";
import { createAuth } from "../../pkg/dist/index.js";

const tenant = "0c9f3c2e-9f3a-4a57-8a53-6a6b1c1d2e3f";
const portal = { clientId: "portal", redirectUri: "https://portal.example/callback", persist: "memory" };
const microsoft = "https://login.microsoftonline.com";

/** The URL that a sign-in asks first, if any. */
async function asked(preset) {
  const urls = [];
  let leave;
  const left = new Promise((resolve) => (leave = resolve));
  const host = { fetch: async (url) => (urls.push(String(url)), Promise.reject(new TypeError("no network"))) };
  const kept = new Map();
  const storage = { get: (key) => kept.get(key) ?? null, set: (key, value) => void kept.set(key, value), remove: (key) => void kept.delete(key) };
  const auth = await createAuth({ ...portal, ...preset, storage, host: { ...host, navigate: (url) => leave(urls.push(`navigated ${url}`)) } });
  const failed = auth.login();
  await Promise.race([failed.catch(() => {}), left]);
  auth.dispose();
  return urls[0];
}

describe("presets", () => {
  it("entra: a tenant, personal accounts, every tenant, some tenants", async () => {
    assert.deepEqual(entra({ tenant }), { issuer: `${microsoft}/${tenant}/v2.0` });
    assert.deepEqual(entra({ tenant: "consumers" }), { issuer: `${microsoft}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0` });
    for (const all of ["common", "organizations"]) {
      const preset = entra({ tenant: all, tenants: [tenant] });
      assert.deepEqual(preset, {
        issuer: `${microsoft}/{tenantid}/v2.0`, discoveryUrl: `${microsoft}/${all}/v2.0/.well-known/openid-configuration`, tenants: [tenant],
      });
      assert.equal(await asked(preset), preset.discoveryUrl);
      assert.ok(!("tenants" in entra({ tenant: all })));
    }
    await assert.rejects(createAuth({ ...portal, ...entra({ tenant: "common", tenants: ["contoso.onmicrosoft.com"] }) }),
      ({ code, message }) => code === "config_invalid" && /\(tenants\)/.test(message));
  });

  it("b2c: the policy is where it is described, and no part of the issuer", async () => {
    const preset = b2c({ name: "contoso", tenantId: tenant, policy: "B2C_1_in" });
    assert.equal(preset.issuer, `https://contoso.b2clogin.com/${tenant}/v2.0/`);
    assert.equal(await asked(preset), "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_in/v2.0/.well-known/openid-configuration");
  });

  it("cognito: a sign-out on the domain of its pages", async () => {
    const preset = cognito({ region: "eu-west-1", userPoolId: "eu-west-1_abc", domain: "contoso.auth.eu-west-1.amazoncognito.com" });
    assert.equal(preset.metadata.end_session_endpoint, "https://contoso.auth.eu-west-1.amazoncognito.com/logout");
    assert.equal(await asked(preset), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc/.well-known/openid-configuration");
  });

  it("auth0: the slash, and the audience", async () => {
    const preset = auth0({ domain: "contoso.eu.auth0.com", audience: "https://api.example" });
    assert.deepEqual(preset, { issuer: "https://contoso.eu.auth0.com/", authorizationParams: { audience: "https://api.example" } });
    assert.equal(await asked(preset), "https://contoso.eu.auth0.com/.well-known/openid-configuration");
    assert.deepEqual(auth0({ domain: "contoso.eu.auth0.com" }), { issuer: "https://contoso.eu.auth0.com/" });
  });

  it("adfs: nothing is asked", async () => {
    const url = await asked(adfs({ host: "adfs.example", jwks: { keys: [] } }));
    assert.ok(url.startsWith("navigated https://adfs.example/adfs/oauth2/authorize/?"), url);
  });
});
