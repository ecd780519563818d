/** Grants, client authentication, introspection and revocation as their RFCs have them, at a server that checks what it is sent. */
import assert from "node:assert/strict";
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import * as jose from "jose";

import { AuthError, createConnection, introspect, revoke } from "portcullis/connect";
import { newKeyPair } from "../../scripts/demo/keys.mjs";
import { listen } from "../../scripts/demo/listen.mjs";
import { codeOf } from "./support.mjs";

/** A server that answers each request by `script`, one after the other; the last goes on. */
async function scripted(t, ...script) {
  const server = await listen(0);
  t.after(() => server.close());
  const requests = [];
  server.answerWith(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    requests.push({ method: request.method, url: request.url, headers: request.headers, fields: Object.fromEntries(new URLSearchParams(body)) });
    const [status, answer] = script[Math.min(requests.length, script.length) - 1];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  return { url: server.origin, requests };
}

const issued = [200, { access_token: "t0ken", token_type: "Bearer", expires_in: 60 }];
const base = { id: "c", type: "two-legged", clientId: "s6BhdRkqt3" };

async function tokenBy(t, data, options) {
  const { url, requests } = await scripted(t, issued);
  const connection = await createConnection({ ...base, tokenUrl: `${url}/token`, ...data }, options);
  t.after(() => connection.dispose());
  await connection.getAccessToken();
  return requests[0];
}

describe("grants", () => {
  test("token exchange (RFC 8693 2.3)", async (t) => {
    const { fields } = await tokenBy(t, {
      grant: "token_exchange", audience: "urn:example:cooperation-context",
      tokenRequest: [{ name: "resource", value: "https://backend.example.com/api" }],
    }, { secrets: { subject_token: "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC" } });
    assert.deepEqual(fields, {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC",
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      audience: "urn:example:cooperation-context", resource: "https://backend.example.com/api", client_id: "s6BhdRkqt3",
    });
  });

  test("token exchange on behalf of somebody (RFC 8693 A.2)", async (t) => {
    const data = { grant: "token_exchange", tokenRequest: [{ name: "subject_token_type", value: "urn:ietf:params:oauth:token-type:jwt" }] };
    const secrets = { subject_token: "eyJhbGciOiJFUzI1NiJ9.c3ViamVjdA.cw", actor_token: "eyJhbGciOiJFUzI1NiJ9.YWN0b3I.cw" };
    const { fields } = await tokenBy(t, data, { secrets });
    assert.deepEqual(fields, {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange", ...secrets,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      actor_token_type: "urn:ietf:params:oauth:token-type:access_token", client_id: "s6BhdRkqt3",
    });
    const named = await tokenBy(t, { ...data, tokenRequest: [...data.tokenRequest, { name: "actor_token_type", value: "urn:ietf:params:oauth:token-type:jwt" }] }, { secrets });
    assert.equal(named.fields.actor_token_type, "urn:ietf:params:oauth:token-type:jwt");
    const alone = await tokenBy(t, data, { secrets: { ...secrets, actor_token: async () => undefined } });
    assert.deepEqual(Object.keys(alone.fields).filter((name) => name.startsWith("actor")), []);
  });

  test("JWT bearer (RFC 7523 2.1), an assertion handed over and one signed here", async (t) => {
    const handed = await tokenBy(t, { grant: "jwt_bearer" }, { secrets: { assertion: "eyJhbGciOiJFUzI1NiJ9.eyJpc3Mi.J9l-ZhwP" } });
    assert.equal(handed.fields.grant_type, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert.equal(handed.fields.assertion, "eyJhbGciOiJFUzI1NiJ9.eyJpc3Mi.J9l-ZhwP");

    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { fields } = await tokenBy(t, { grant: "jwt_bearer", assertionSubject: "ada", assertionAudience: "https://as.example" },
      { secrets: { private_key: privateKey.export({ type: "pkcs8", format: "pem" }) } });
    const { payload } = await jose.jwtVerify(fields.assertion, publicKey, { audience: "https://as.example", issuer: "s6BhdRkqt3", subject: "ada" });
    assert.equal(payload.exp - payload.iat, 60);
  });

  test("an assertion that is none, or endless, is refused before anything is sent", async (t) => {
    for (const [grant, name] of [["jwt_bearer", "assertion"], ["saml2_bearer", "saml_assertion"]]) {
      for (const [length, code] of [[0, "config_invalid"], [65_536, undefined], [65_537, "config_invalid"]]) {
        const sent = await tokenBy(t, { grant }, { secrets: { [name]: "a".repeat(length) } }).then(() => undefined, (error) => error.code);
        assert.equal(sent, code, `${name}: ${length}`);
      }
    }
  });

  test("SAML 2.0 bearer (RFC 7522 2.1): base64url, no padding", async (t) => {
    const { fields } = await tokenBy(t, { grant: "saml2_bearer" }, { secrets: { saml_assertion: "<Assertion>ä?</Assertion>" } });
    assert.equal(fields.grant_type, "urn:ietf:params:oauth:grant-type:saml2-bearer");
    assert.equal(fields.assertion, Buffer.from("<Assertion>ä?</Assertion>").toString("base64url"));
  });

  test("what the data names replaces what the grant brings", async (t) => {
    const { fields } = await tokenBy(t, { grant: "client_credentials", scope: "a", tokenRequest: [{ name: "scope", value: "b %[audience]" }], audience: "x" });
    assert.deepEqual(fields, { grant_type: "client_credentials", scope: "b x", audience: "x", client_id: "s6BhdRkqt3" });
  });
});

describe("client authentication", () => {
  const grant = { grant: "client_credentials" };

  test("basic, form-encoded (RFC 6749 2.3.1), and post", async (t) => {
    const basic = await tokenBy(t, { ...grant, clientAuth: "basic" }, { secrets: { client_secret: "7Fjfp0ZBr1KtDRbnfVdmIw" } });
    assert.equal(basic.headers.authorization, "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
    assert.deepEqual(basic.fields, { grant_type: "client_credentials" });
    const post = await tokenBy(t, { ...grant, clientAuth: "post" }, { secrets: { client_secret: "a&b" } });
    assert.deepEqual(post.fields, { grant_type: "client_credentials", client_id: "s6BhdRkqt3", client_secret: "a&b" });
  });

  test("client_secret_jwt", async (t) => {
    const secret = "a secret that is long enough to sign with";
    const { fields } = await tokenBy(t, { ...grant, clientAuth: "client_secret_jwt" }, { secrets: { client_secret: secret } });
    assert.equal(fields.client_assertion_type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const [header, claims, signature] = fields.client_assertion.split(".");
    assert.equal(signature, createHmac("sha256", secret).update(`${header}.${claims}`).digest("base64url"));
    const { iss, sub, aud } = JSON.parse(Buffer.from(claims, "base64url"));
    assert.deepEqual([iss, sub, new URL(aud).pathname], ["s6BhdRkqt3", "s6BhdRkqt3", "/token"]);
  });

  for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
    test(`private_key_jwt: ${alg}`, async (t) => {
      const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
      const private_key = JSON.stringify(await jose.exportJWK(privateKey));
      const { fields } = await tokenBy(t, { ...grant, clientAuth: "private_key_jwt", signingAlg: alg, signingKeyId: "k" }, { secrets: { private_key } });
      const { protectedHeader } = await jose.jwtVerify(fields.client_assertion, publicKey);
      assert.deepEqual(protectedHeader, { alg, typ: "JWT", kid: "k" });
    });
  }

  test("a key that does not fit, and one that is missing", async () => {
    const small = newKeyPair("rsa", { modulusLength: 1024 }).privateKey;
    const { publicKey } = newKeyPair("rsa", { modulusLength: 2048 });
    const wrong = [
      "nonsense", "{}", createPrivateKey({ key: small, format: "jwk" }).export({ type: "pkcs8", format: "pem" }), JSON.stringify(small),
      JSON.stringify(publicKey), createPublicKey({ key: publicKey, format: "jwk" }).export({ type: "spki", format: "pem" }),
      JSON.stringify(newKeyPair("ed25519").privateKey),
      JSON.stringify({ keys: [small] }),
    ];
    for (const secrets of [{}, ...wrong.map((private_key) => ({ private_key }))]) {
      const connection = await createConnection({ ...base, ...grant, tokenUrl: "https://as.example/token", clientAuth: "private_key_jwt" }, { secrets });
      await assert.rejects(connection.getAccessToken(), (error) => error.code === "config_invalid" && /secrets\.private_key/.test(error.message));
    }
  });
});

describe("device code (RFC 8628)", () => {
  const prompt = { device_code: "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS", user_code: "WDJB-MJHT", verification_uri: "https://example.com/device", expires_in: 1800, interval: 5 };

  async function device(t, ...answers) {
    const { url, requests } = await scripted(t, [200, prompt], ...answers);
    const waits = [];
    let now = 1000;
    const connection = await createConnection(
      { ...base, type: "three-legged", grant: "device_code", tokenUrl: `${url}/token`, deviceAuthorizationUrl: `${url}/device` },
      { host: { now: () => now, wait: async (seconds) => void (waits.push(seconds), (now += seconds)) } },
    );
    t.after(() => connection.dispose());
    return { connection, requests, waits, signIn: await connection.device({ scope: "example_scope" }) };
  }
  const refusal = (error) => [400, { error }];

  test("waits as it is told, and slows down", async (t) => {
    const { connection, requests, waits, signIn } = await device(t, refusal("authorization_pending"), refusal("slow_down"), refusal("authorization_pending"), issued);
    assert.deepEqual([signIn.userCode, signIn.verificationUri, signIn.expiresAt], ["WDJB-MJHT", "https://example.com/device", 2800]);
    await signIn.completed;
    assert.deepEqual(waits, [5, 5, 10, 10]);
    assert.deepEqual(requests[0].fields, { scope: "example_scope", client_id: "s6BhdRkqt3" });
    assert.deepEqual(requests[1].fields, { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: prompt.device_code, client_id: "s6BhdRkqt3" });
    assert.equal(await connection.getAccessToken({ scope: "example_scope" }), "t0ken");
  });

  test("ends when somebody says no, or nobody anything", async (t) => {
    const denied = await device(t, refusal("access_denied"));
    await assert.rejects(denied.signIn.completed, { code: "authorization_error", oauth: { error: "access_denied" } });
    const late = await device(t, refusal("authorization_pending"));
    await assert.rejects(late.signIn.completed, { code: "authorization_error", oauth: { error: "expired_token" } });
    const wrong = await device(t, refusal("invalid_client"));
    await assert.rejects(wrong.signIn.completed, { code: "token_error", oauth: { error: "invalid_client" } });
    const down = await device(t, [503, {}], [503, {}], issued);
    await down.signIn.completed;
    assert.deepEqual(down.waits, [5, 10, 20]);
  });

  test("nobody signs in without a device", async (t) => {
    const { connection } = await device(t, refusal("access_denied"));
    assert.equal(await codeOf(connection.getAccessToken({ scope: "other" })), "login_required");
  });
});

describe("introspection (RFC 7662) and revocation (RFC 7009)", () => {
  const options = (url) => ({ url, clientId: "s6BhdRkqt3", secrets: { client_secret: "gX1fBat3bV" } });

  test("without a connection", async (t) => {
    const { url, requests } = await scripted(t, [200, { active: true, username: "jdoe", scope: "read" }], [200, { active: false }], [200, { username: "jdoe" }]);
    assert.deepEqual(await introspect("mF_9.B5f-4.1JqM", { ...options(`${url}/introspect`), tokenTypeHint: "access_token" }),
      { active: true, username: "jdoe", scope: "read" });
    assert.deepEqual(requests[0].fields, { token: "mF_9.B5f-4.1JqM", token_type_hint: "access_token" });
    assert.match(requests[0].headers.authorization, /^Basic /);
    assert.deepEqual(await introspect("x", options(`${url}/introspect`)), { active: false });
    assert.equal(await codeOf(introspect("x", options(`${url}/introspect`))), "token_invalid");
    await revoke("45ghiukldjahdnhzdauz", { ...options(`${url}/revoke`), tokenTypeHint: "refresh_token" });
    assert.deepEqual(requests[3].fields, { token: "45ghiukldjahdnhzdauz", token_type_hint: "refresh_token" });
    const refusing = await scripted(t, [400, { error: "unsupported_token_type" }]);
    await assert.rejects(revoke("x", options(refusing.url)), { code: "token_error", oauth: { error: "unsupported_token_type" } });
  });

  test("by a client that signs, in whatever algorithm its key is of", async (t) => {
    const { url, requests } = await scripted(t, [200, { active: false }]);
    const { publicKey, privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
    const secrets = { private_key: JSON.stringify(await jose.exportJWK(privateKey)) };
    await introspect("x", { url, clientId: "ledger", clientAuth: "private_key_jwt", signingAlg: "ES256", signingKeyId: "k1", assertionAudience: "https://id.example", secrets });
    const { payload, protectedHeader } = await jose.jwtVerify(requests[0].fields.client_assertion, publicKey, { audience: "https://id.example" });
    assert.deepEqual([payload.iss, payload.sub, protectedHeader.kid], ["ledger", "ledger", "k1"]);
  });

  test("of a connection's own tokens, at the end of it too", async (t) => {
    const { url, requests } = await scripted(t, [200, { access_token: "a", refresh_token: "r", expires_in: 60 }], [200, { active: true }], [200, {}], issued);
    const connection = await createConnection({
      ...base, tokenUrl: `${url}/token`, introspectionUrl: `${url}/introspect`, revocationUrl: `${url}/revoke`,
    });
    t.after(() => connection.dispose());
    assert.deepEqual(await connection.introspect(), { active: true });
    assert.equal(requests[1].fields.token, "a");
    await connection.signOut();
    assert.deepEqual([requests[2].url, requests[2].fields.token, requests[2].fields.token_type_hint], ["/revoke", "r", "refresh_token"]);
  });
});

test("a server that repeats what it was sent gives nothing away", async (t) => {
  const secret = "note G & more";
  const echo = { error: "invalid_client", error_description: `no ${secret}, ${encodeURIComponent(secret)}, Basic ${Buffer.from(`s6BhdRkqt3:${new URLSearchParams({ s: secret }).toString().slice(2)}`).toString("base64")}` };
  const { url } = await scripted(t, [401, echo]);
  for (const clientAuth of ["basic", "post"]) {
    const connection = await createConnection({ ...base, grant: "client_credentials", clientAuth, tokenUrl: `${url}/token`, trace: true }, { secrets: { client_secret: secret } });
    t.after(() => connection.dispose());
    const error = await connection.getAccessToken().catch((error) => error);
    assert.match(error.oauth.description, /^no ‹redacted›, ‹redacted›, /);
    const everything = JSON.stringify([error, connection.trace(), await connection.test()]);
    assert.ok(everything.includes("‹redacted›") && !everything.includes("note G") && !everything.includes("note%20G"));
    if (clientAuth === "basic") assert.ok(!everything.includes("czZCa"));
  }
});

test("errors hold what there is to know, and no secret", async (t) => {
  const { url } = await scripted(t, [400, { error: "invalid_grant", error_description: "no" }]);
  const connection = await createConnection({ ...base, grant: "client_credentials", clientAuth: "post", tokenUrl: `${url}/token` }, { secrets: { client_secret: "hunter22" } });
  t.after(() => connection.dispose());
  const error = await connection.getAccessToken().catch((error) => error);
  assert.ok(error instanceof AuthError);
  assert.deepEqual([error.code, error.status, error.oauth.description, error.remedy.length > 0], ["token_error", 400, "no", true]);
  assert.ok(!JSON.stringify([error, connection.trace(), connection.preview(), connection.data]).includes("hunter22"));
});
