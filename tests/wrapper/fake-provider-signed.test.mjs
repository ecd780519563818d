/** The provider in process and signed responses: the real client takes them and no other, and `jose` says that they are right. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as jose from "jose";

import { asked, issuer, redirectUri, world } from "./in-process.mjs";

/** The client, gone to the provider: what comes back there goes to `handle`. */
async function leave(there, options) {
  const before = await there.open(options);
  before.login({ loginHint: "bob" }).catch(() => {}); // the page is left
  const left = await there.op.navigation();
  before.dispose();
  const auth = await there.open(options);
  return { auth, left, handle: (url) => auth.handleCallback(url).finally(() => auth.dispose()) };
}

const params = (url) => Object.fromEntries(new URL(url).searchParams);

/** The claims of a callback that is signed and nothing else, verified by another implementation. */
async function verified({ op, clock }, callback) {
  const { response, ...rest } = params(callback);
  assert.deepEqual(rest, {});
  const keys = jose.createLocalJWKSet(await (await op.fetch(op.metadata.jwks_uri)).json());
  const { payload } = await jose.jwtVerify(response, keys, {
    issuer, audience: "app", algorithms: op.metadata.authorization_signing_alg_values_supported,
    currentDate: new Date(clock.now * 1000), requiredClaims: ["exp", "iat", "state"], maxTokenAge: "1 minute",
  });
  return payload;
}

/** A callback whose signed claims are others; the signature is as it was. */
function forged(callback, claims) {
  const url = new URL(callback);
  const [header, payload, signature] = url.searchParams.get("response").split(".");
  const said = { ...JSON.parse(Buffer.from(payload, "base64url")), ...claims };
  url.searchParams.set("response", [header, Buffer.from(JSON.stringify(said)).toString("base64url"), signature].join("."));
  return url.href;
}

/** An authorization URL by hand. */
const request = (more) => `${issuer}/authorize?${new URLSearchParams({
  client_id: "app", redirect_uri: redirectUri, response_type: "code", scope: "openid", state: "s",
  code_challenge: "c".repeat(43), code_challenge_method: "S256", ...more,
})}`;

describe("the real client at a provider in process that signs its responses", () => {
  for (const more of [{}, { par: true }, { dpop: true }, { par: true, dpop: true }]) {
    it(`signs in${Object.keys(more).map((option) => `, with ${option}`).join("")}`, async () => {
      const there = world();
      const { auth, left, handle } = await leave(there, { jarm: true, ...more });
      const demand = more.par ? there.op.requests.find(({ endpoint }) => endpoint === "par").params : params(left);
      assert.equal(demand.response_mode, "query.jwt");
      const callback = await there.op.authorize(left);
      const claims = await verified(there, callback);
      assert.deepEqual(Object.keys(claims).sort(), ["aud", "code", "exp", "iat", "iss", "state"]);
      assert.equal(claims.state, demand.state);
      assert.equal(auth.isCallback(callback), true);
      const { user, replayed } = await handle(callback);
      assert.deepEqual([user.sub, replayed], ["bob", false]);
      const { params: { code } } = there.op.requests.at(-1);
      assert.equal(code, claims.code);
      assert.deepEqual(asked(there.op), ["discovery 200", "jwks 200", ...(more.par ? ["par 201"] : []), "jwks 200", "token 200"]);
    });
  }

  it("hears what is denied", async () => {
    const there = world();
    const { left, handle } = await leave(there, { jarm: true });
    const callback = await there.op.deny(left, { description: "not today" });
    const { error, error_description, code } = await verified(there, callback);
    assert.deepEqual([error, error_description, code], ["access_denied", "not today", undefined]);
    await assert.rejects(handle(callback), (thrown) =>
      thrown.code === "authorization_error" && thrown.oauth.error === "access_denied" && thrown.oauth.description === "not today");
  });

  it("believes nothing that was changed on its way, and redeems no code then", async () => {
    const state = async ({ op }, callback) => (await jose.decodeJwt(params(callback).response)).state;
    const plain = async (there, callback) => `${redirectUri}?${new URLSearchParams({ code: "x", state: await state(there, callback), iss: issuer })}`;
    for (const [what, change, code] of [
      ["a claim", async (_, callback) => forged(callback, { code: "x" }), "jwt_signature"],
      ["the signature", async (_, callback) => callback.replace(/.....$/, "AAAAA"), "jwt_signature"],
      ["the key", async (there, callback) => {
        const other = world();
        const { left } = await leave(other, { jarm: true });
        const url = new URL(left);
        url.searchParams.set("state", await state(there, callback));
        return other.op.authorize(url);
      }, "jwks_no_key"],
      ["to a response that is not signed", plain, "callback_mode_mismatch"],
      ["something beside it", async (_, callback) => `${callback}&code=x`, "callback_ambiguous"],
    ]) {
      const there = world();
      const { left, handle } = await leave(there, { jarm: true });
      const callback = await change(there, await there.op.authorize(left));
      await assert.rejects(handle(callback), { code }, what);
      assert.ok(!asked(there.op).some((answered) => answered.startsWith("token")), what);
    }
  });

  it("is too late with a response that is too old", async () => {
    const there = world();
    const { left, handle } = await leave(there, { jarm: true });
    const callback = await there.op.authorize(left);
    there.clock.now += 60 + 30; // and what clocks may differ
    await assert.rejects(handle(callback), { code: "jarm_exp" });
  });

  it("is answered plainly where it does not ask for more", async () => {
    const there = world();
    const { left, handle } = await leave(there, {});
    assert.equal(params(left).response_mode, undefined);
    const callback = await there.op.authorize(left);
    assert.deepEqual(Object.keys(params(callback)), ["code", "state", "iss"]);
    assert.equal((await handle(callback)).user.sub, "bob");
  });

  it("takes no signed response that it did not ask for", async () => {
    const there = world();
    const { left, handle } = await leave(there, {});
    const callback = await there.op.authorize(`${left}&response_mode=jwt`);
    await assert.rejects(handle(callback), { code: "callback_mode_mismatch" });
  });
});

describe("a provider in process that is asked to sign its responses", () => {
  it("says that it can", async () => {
    const { op } = world();
    const document = await (await op.fetch(`${issuer}/.well-known/openid-configuration`)).json();
    assert.deepEqual(document.response_modes_supported, ["query", "query.jwt", "jwt"]);
    assert.deepEqual(document.authorization_signing_alg_values_supported, ["ES256"]);
  });

  it("does so by either name, also if it has to refuse", async () => {
    const there = world();
    for (const response_mode of ["query.jwt", "jwt"]) {
      const { code, state } = await verified(there, await there.op.authorize(request({ response_mode })));
      assert.deepEqual([typeof code, state], ["string", "s"]);
      const { error, ...rest } = await verified(there, await there.op.authorize(request({ response_mode, scope: "mail" })));
      assert.deepEqual([error, rest.state, rest.code], ["invalid_scope", "s", undefined]);
    }
    for (const response_mode of ["query", ""]) {
      assert.deepEqual(Object.keys(params(await there.op.authorize(request({ response_mode })))), ["code", "state", "iss"]);
    }
  });

  it("does so in a redirect, when it is served to a browser", async () => {
    const there = world();
    const { status, headers } = await there.op.fetch(request({ response_mode: "jwt" }), { redirect: "manual" });
    assert.equal(status, 302);
    await verified(there, headers.get("location"));
  });

  it("refuses a way to answer that it does not know", async () => {
    const { op } = world();
    for (const response_mode of ["fragment", "form_post", "fragment.jwt", "x.jwt"]) {
      const { error, error_description, state, iss, ...rest } = params(await op.authorize(request({ response_mode })));
      assert.deepEqual([error, state, iss, rest], ["invalid_request", "s", issuer, {}], response_mode);
      assert.match(error_description, /^response_mode/);
    }
  });
});
