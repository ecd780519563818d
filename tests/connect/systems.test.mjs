/** Each of the five systems, from its preset to an API call, and what it says when it says no. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createGate } from "portcullis/connect";
import { calls, codeOf, memoryStore, preset, world } from "./support.mjs";

describe("case manager", () => {
  test("from data to an API call: client credentials, HTTP Basic, an audience", async (t) => {
    const { connect, systems, baseUrls } = await world(t);
    const cases = await connect("case-manager");
    const answer = await cases.fetch(`${baseUrls["case-manager"]}/api/cases`);
    assert.deepEqual((await answer.json()).cases, [{ id: 1843, title: "Analytical engine" }]);
    assert.deepEqual(calls(systems["case-manager"]), ["POST /oauth/token", "GET /api/cases"]);
    const [token] = systems["case-manager"].requests;
    assert.equal(token.headers["content-type"], "application/x-www-form-urlencoded");
    assert.deepEqual(Object.fromEntries(new URLSearchParams(token.body)), {
      grant_type: "client_credentials", scope: "cases:read", audience: "https://case-manager.example/api",
    });
  });

  /** A connection whose token the API no longer takes, though it is not over. */
  async function expired(t) {
    const { connect, systems, baseUrls } = await world(t);
    const { requests, state } = systems["case-manager"];
    const cases = await connect("case-manager");
    const url = `${baseUrls["case-manager"]}/api/cases`;
    await cases.fetch(url);
    state.expireTokens();
    requests.length = 0;
    return { connect, requests, state, cases, url };
  }

  test("a token that the API no longer takes is replaced, and the request repeated, once", async (t) => {
    const { connect, requests, state, cases, url } = await expired(t);
    assert.equal((await cases.fetch(url)).status, 200);
    assert.deepEqual(calls({ requests }), ["GET /api/cases", "POST /oauth/token", "GET /api/cases"]);
    requests.length = 0;
    const elsewhere = await connect("case-manager", {}, { host: { fetch: async (input, init) => {
      const answer = await fetch(input, init);
      state.expireTokens(); // before anybody can use it
      return answer;
    } } });
    assert.equal((await elsewhere.fetch(url)).status, 401);
    assert.deepEqual(calls({ requests }), ["POST /oauth/token", "GET /api/cases", "POST /oauth/token", "GET /api/cases"]);
  });

  test("many calls that are told so at once have one token fetched", async (t) => {
    const { requests, cases, url } = await expired(t);
    const answers = await Promise.all(Array.from({ length: 20 }, () => cases.fetch(url)));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(calls({ requests }).filter((call) => call === "POST /oauth/token").length, 1);
  });

  test("an expired token is not sent, and the token goes nowhere else", async (t) => {
    const { connect, systems, baseUrls, pass } = await world(t);
    const { requests } = systems["case-manager"];
    const cases = await connect("case-manager");
    await cases.fetch(`${baseUrls["case-manager"]}/api/cases`);
    pass(86_400);
    await cases.fetch(`${baseUrls["case-manager"]}/api/cases`);
    assert.deepEqual(calls({ requests }).slice(2), ["POST /oauth/token", "GET /api/cases"]);
    assert.equal(await codeOf(cases.fetch("https://elsewhere.example/api/cases")), "origin_not_allowed");
  });

  test("a wrong secret and a wrong audience are told in the system's words", async (t) => {
    const { connect } = await world(t);
    const wrong = await connect("case-manager", {}, { secrets: { client_secret: "wrong" } });
    await assert.rejects(wrong.getAccessToken(), { code: "token_error", status: 401, oauth: { error: "invalid_client" }, retryable: false });
    const other = await connect("case-manager", { audience: "https://other.example" });
    await assert.rejects(other.getAccessToken(), { code: "token_error", oauth: { error: "invalid_target", description: "audience is not known" } });
  });
});

describe("compliance authorization", () => {
  const permitted = { allowPasswordGrant: true };

  for (const version of ["1", "2"]) {
    test(`from data to an API call, for a user, in version ${version}`, async (t) => {
      const { connect, systems, baseUrls } = await world(t);
      const autonomy = await connect("compliance-auth", { version }, permitted);
      const answer = await autonomy.fetch(`${baseUrls["compliance-auth"]}/autonomy`);
      assert.deepEqual(await answer.json(), { autonomy: "granted" });
      const [token] = systems["compliance-auth"].requests;
      assert.equal(token.headers.accept, `application/json; version=${version}`);
      assert.deepEqual(JSON.parse(token.body), {
        grant_type: "password", client_id: "portal", client_secret: "compliance-secret",
        username: "ada@example.org", password: "note G", scope: "legacy:autonomy.write legacy.autonomy.read",
      });
    });
  }

  test("a user's token is refreshed when it expires; a refused refresh is a new sign-in", async (t) => {
    const { connect, systems, pass } = await world(t);
    const { requests, state } = systems["compliance-auth"];
    const grants = () => requests.map(({ body }) => JSON.parse(body).grant_type);
    const autonomy = await connect("compliance-auth", {}, permitted);
    await autonomy.getAccessToken();
    pass(31_536_000);
    await autonomy.getAccessToken();
    state.refuseRefresh();
    pass(31_536_000);
    await autonomy.getAccessToken();
    assert.deepEqual(grants(), ["password", "refresh_token", "refresh_token", "password"]);
  });

  test("a service's token is fetched anew when it expires", async (t) => {
    const { connect, systems, pass } = await world(t);
    const { requests } = systems["compliance-auth"];
    const service = await connect("compliance-auth", { grant: "client_credentials" });
    await service.getAccessToken();
    pass(31_536_000);
    await service.getAccessToken();
    assert.deepEqual(requests.map(({ body }) => JSON.parse(body).grant_type), ["client_credentials", "client_credentials"]);
  });

  test("the password grant has to be permitted, and keeps nothing", async (t) => {
    const { connect, secrets } = await world(t);
    assert.equal(await codeOf(connect("compliance-auth")), "config_invalid");
    const store = memoryStore();
    const autonomy = await connect("compliance-auth", {}, { ...permitted, store });
    await autonomy.getAccessToken();
    const report = await autonomy.test();
    assert.ok(report.ok, report.report);
    const everything = JSON.stringify([[...store.held], autonomy.trace(), report, autonomy.preview(), autonomy.data]);
    for (const secret of ["note G", secrets["compliance-auth"].client_secret]) assert.ok(!everything.includes(secret), secret);
    await autonomy.signOut();
    assert.deepEqual([...store.held], []);
  });
});

describe("any web API, by a form", () => {
  /** A user who says yes at once: follows the way to the system and back. */
  async function letIn(connection, systems) {
    systems.iman.state.consent = "allow";
    const answer = await fetch(await connection.authorizeUrl(), { redirect: "manual" });
    await connection.completeAuthorization(answer.headers.get("location"));
  }

  test("from data to an API call, for somebody who lets us in", async (t) => {
    const { connect, systems, baseUrls } = await world(t);
    const orders = await connect("iman");
    assert.equal(await codeOf(orders.getAccessToken()), "login_required");
    await letIn(orders, systems);
    const answer = await orders.fetch(`${baseUrls.iman}/orders`);
    assert.deepEqual((await answer.json()).orders, [{ number: 24, item: "variable cards" }]);
    const [authorization, token, api] = systems.iman.requests;
    assert.deepEqual([...new URLSearchParams(authorization.url.split("?")[1]).keys()],
      ["client_id", "response_type", "access", "redirect_uri", "state", "code_challenge", "code_challenge_method"]);
    assert.match(token.headers["x-request-id"], /^[0-9a-f-]{36}$/);
    assert.deepEqual(Object.keys(JSON.parse(token.body)).sort(),
      ["client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri"]);
    assert.match(api.headers["x-sent-at"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test("a session is taken up again with its refresh token, by another instance", async (t) => {
    const { connect, systems, pass } = await world(t);
    const store = memoryStore();
    await letIn(await connect("iman", {}, { store }), systems);
    pass(4000);
    const later = await connect("iman", {}, { store });
    await later.getAccessToken();
    assert.equal(JSON.parse(systems.iman.requests.at(-1).body).grant_type, "refresh_token");
    systems.iman.state.refuseRefresh();
    pass(4000);
    assert.equal(await codeOf(later.getAccessToken()), "login_required");
  });

  test("a persisted token is saved, and used by a later instance until it is refused", async (t) => {
    const { connect, systems, baseUrls, pass } = await world(t);
    const store = memoryStore();
    const persisting = { persistToken: true, expiresInPath: "nothing" };
    await letIn(await connect("iman", persisting, { store }), systems);
    pass(1000);
    systems.iman.requests.length = 0;
    const later = await connect("iman", persisting, { store });
    assert.equal((await later.fetch(`${baseUrls.iman}/orders`)).status, 200);
    assert.deepEqual(calls(systems.iman), ["GET /orders"]);
    systems.iman.state.expireTokens();
    assert.equal(await codeOf(later.fetch(`${baseUrls.iman}/orders`)), "login_required");
  });

  test("implicit: the token comes to the browser", async (t) => {
    const { connect, systems, baseUrls } = await world(t);
    const orders = await connect("iman", {
      type: "two-legged", grant: "implicit", clientId: "page", tokenUrl: null, tokenRequest: [],
      authorizationUrl: "%[base_url]/authorize",
    });
    await letIn(orders, systems);
    assert.equal((await orders.fetch(`${baseUrls.iman}/orders`)).status, 200);
  });

  test("an answer that nobody asked for, a second one, another state, and a no", async (t) => {
    const { connect, systems } = await world(t);
    const orders = await connect("iman");
    const answerOf = async () => (await fetch(await orders.authorizeUrl(), { redirect: "manual" })).headers.get("location");
    systems.iman.state.consent = "allow";
    const callback = await answerOf();
    const at = (change) => {
      const url = new URL(callback);
      change(url.searchParams);
      return codeOf(orders.completeAuthorization(url));
    };
    assert.equal(await at((query) => query.set("state", "x".repeat(43))), "callback_state_unknown");
    assert.equal(await at((query) => query.delete("state")), "callback_state_missing");
    assert.equal(await codeOf(orders.completeAuthorization(callback.replace("/authorised", "/elsewhere"))), "callback_redirect_mismatch");
    assert.equal(await codeOf(orders.completeAuthorization(callback)), "ok");
    assert.equal(await codeOf(orders.completeAuthorization(callback)), "callback_state_unknown");
    systems.iman.state.consent = "deny";
    await assert.rejects(orders.completeAuthorization(await answerOf()),
      { code: "authorization_error", oauth: { error: "access_denied", description: "the user said no" } });
  });

  for (const status of [200, 400]) {
    test(`an error inside the answer is told, with status ${status}`, async (t) => {
      const { connect, systems, secrets } = await world(t);
      const orders = await connect("iman", {}, { secrets: { client_secret: "wrong" }, host: { fetch: async (input, init) => {
        const answer = await fetch(input, init);
        return new Response(answer.body, { status, headers: answer.headers });
      } } });
      systems.iman.state.consent = "allow";
      const callback = (await fetch(await orders.authorizeUrl(), { redirect: "manual" })).headers.get("location");
      await assert.rejects(orders.completeAuthorization(callback), { code: "token_error", status, oauth: { error: "invalid_client" } });
      assert.ok(!JSON.stringify(orders.trace()).includes(secrets.iman.client_secret));
    });
  }
});

describe("card synchronisation", () => {
  test("from data to an API call: a policy, credentials, an identifier", async (t) => {
    const { connect, systems, baseUrls } = await world(t);
    const cards = await connect("cardsync");
    assert.deepEqual((await (await cards.fetch(`${baseUrls.cardsync}/cards`)).json()).cards, [{ number: 1, holder: "Ada" }]);
    assert.deepEqual(calls(systems.cardsync), ["GET /security/policy", "POST /security/tokens", "GET /cards"]);
    assert.match(systems.cardsync.requests[2].headers.authorization, /^HWS [0-9a-f-]{36}$/);
  });

  test("with a SAML token, and with a kind of credentials that is data and a function", async (t) => {
    const { connect, systems, secrets } = await world(t);
    const saml = await connect("cardsync", { credential: "saml" });
    await saml.getAccessToken();
    assert.deepEqual(JSON.parse(systems.cardsync.requests.at(-1).body),
      { policyId: "policy-7", type: "saml", samlToken: secrets.cardsync.saml_assertion });
    let asked = 0;
    const { connection } = await preset("cardsync");
    const badge = [{ name: "type", value: "saml" }, { name: "samlToken", value: "%[badge]" }];
    const own = await connect("cardsync", {
      secrets: ["badge"], credentials: { ...connection.credentials, badge }, credential: "badge",
    }, { secrets: { badge: async () => (asked++, secrets.cardsync.saml_assertion) } });
    await own.getAccessToken();
    assert.equal(asked, 1);
  });

  test("a token dies idle, or too old, and is not sent then", async (t) => {
    const { connect, systems, baseUrls, pass } = await world(t);
    const { requests } = systems.cardsync;
    const cards = await connect("cardsync");
    const get = async () => {
      requests.length = 0;
      assert.equal((await cards.fetch(`${baseUrls.cardsync}/cards`)).status, 200);
      return requests.length;
    };
    assert.equal(await get(), 3);
    pass(590);
    assert.equal(await get(), 1); // used, so it lives on
    pass(590);
    assert.equal(await get(), 1);
    pass(600);
    assert.equal(await get(), 3); // idle for too long
    for (let i = 0; i < 4; i++) {
      pass(590);
      await get();
    }
    pass(590);
    assert.equal(await get(), 1);
    pass(590);
    assert.equal(await get(), 3); // never idle, but too old
    assert.ok(requests.every(({ status }) => status < 400));
  });

  test("a sign-out deletes the token at the server, and here", async (t) => {
    const { connect, systems, baseUrls } = await world(t);
    const cards = await connect("cardsync");
    await cards.fetch(`${baseUrls.cardsync}/cards`);
    assert.equal(systems.cardsync.state.liveTokens().length, 1);
    await cards.signOut();
    assert.equal(systems.cardsync.state.liveTokens().length, 0);
    await cards.fetch(`${baseUrls.cardsync}/cards`);
    assert.equal(calls(systems.cardsync).filter((call) => call === "POST /security/tokens").length, 2);
  });

  test("refused credentials are told in the system's words", async (t) => {
    const { connect } = await world(t);
    const cards = await connect("cardsync", {}, { secrets: { user_name: "ada", password: "wrong" } });
    await assert.rejects(cards.getAccessToken(),
      { code: "token_error", status: 403, oauth: { error: "credentials_refused", description: "these credentials are not known" } });
  });
});

describe("e-mail gate", () => {
  async function gateAt(t, options = {}) {
    const { baseUrls, secrets, systems } = await world(t);
    const { gate } = await preset("email-gate");
    const { user, password } = secrets["email-gate"];
    return [await createGate({ ...gate, values: { base_url: baseUrls["email-gate"] } }, { user, password, ...options }), systems["email-gate"]];
  }

  test("from data to a verdict", async (t) => {
    const [gate, { requests }] = await gateAt(t);
    assert.deepEqual(await gate.check("ada@example.org"), { authorised: true, reason: "authorised" });
    assert.deepEqual(await gate.check("charles+engine@example.org"), { authorised: true, reason: "authorised" });
    assert.deepEqual(await gate.check("mallory@example.org"), { authorised: false, reason: "refused" });
    assert.equal(requests[1].url, "/authorize?email=charles%2Bengine%40example.org");
    for (const email of ["", "ada", "a@b@c", "a b@c", "@c", "a@", "a\r\nb@c", `${"a".repeat(260)}@c`]) {
      assert.equal(await codeOf(gate.check(email)), "config_invalid", email);
    }
  });

  test("everything but a clear yes is a no", async (t) => {
    const [gate, { state }] = await gateAt(t);
    const email = "ada@example.org";
    const send = (status, type, body) => (response) => response.writeHead(status, { "content-type": type }).end(body);
    const json = (status, body) => send(status, "application/json", typeof body === "string" ? body : JSON.stringify(body));
    for (const [odd, reason, message] of [
      [json(200, { email, authorised: false, message: "no seat left" }), "refused", "no seat left"],
      [json(200, { error: "blocked", error_message: "<b>blocked</b>" }), "unclear", "<b>blocked</b>"],
      [json(200, '{"error": "blocked", "error_message": "not today",}'), "unclear", "not today"],
      [json(403, '{"error": "forbidden", "error_message": "not you",}'), "unclear", "not you"],
      [json(200, '{"email": "ada@example.org", "authorised": true,}'), "unclear"],
      [json(200, { email: "eve@example.org", authorised: true }), "unclear"],
      [json(200, { authorised: true }), "unclear"],
      [json(200, { email, authorised: "true" }), "unclear"],
      [json(200, { email, authorised: 1 }), "unclear"],
      [json(200, { email, authorised: true, error: "odd" }), "unclear", "odd"],
      [json(200, '{"email":"ada@example.org","authorised":false,"authorised":true}'), "unclear"],
      [json(201, { email, authorised: true }), "unclear"],
      [send(200, "text/html", JSON.stringify({ email, authorised: true })), "unclear"],
      [json(200, "[]"), "unclear"],
      [json(200, ""), "unclear"],
      [send(302, "text/plain", ""), "unclear"],
      [json(500, { email, authorised: true }), "unclear"],
      [(response) => response.destroy(), "unreachable"],
    ]) {
      state.next = odd;
      const verdict = await gate.check(email);
      assert.deepEqual(verdict, { authorised: false, reason, ...(message && { message }) });
    }
    assert.equal((await gate.check(email)).authorised, true);
  });

  test("a service that says nothing is not waited for", async (t) => {
    const [gate] = await gateAt(t, { host: { fetch: () => new Promise(() => {}) } });
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const checked = gate.check("ada@example.org");
    while ((await Promise.race([checked, new Promise((go) => setImmediate(go))])) === undefined) t.mock.timers.tick(20_000);
    assert.deepEqual(await checked, { authorised: false, reason: "unreachable" });
  });

  test("wrong credentials are a no, and so is an unsafe place", async (t) => {
    const [gate] = await gateAt(t, { password: "another" });
    assert.deepEqual(await gate.check("ada@example.org"), { authorised: false, reason: "unclear", message: "wrong credentials" });
    assert.equal(await codeOf(createGate({ baseUrl: "http://gate.example" }, { user: "u", password: "p" })), "config_invalid");
  });
});
