/** What people see of a connection: problems for a form, previews, reports of tests, the trace. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createConnection, previewConnection, validateConnection } from "portcullis/connect";
import { codeOf, preset, world } from "./support.mjs";

const NAMES = ["case-manager", "compliance-auth", "iman", "cardsync"];
/** Milliseconds in which a preview is to be redrawn. */
const REDRAW = 50;

describe("for forms", () => {
  test("presets have no problems, and what is wrong is named", async () => {
    for (const name of NAMES) assert.deepEqual(await validateConnection((await preset(name)).connection), [], name);
    const { connection } = await preset("iman");
    const problems = await validateConnection({ ...connection, tokenUrl: "http://orders.example", timeout: 121, tokenRequest: [{ name: "client_secret", value: "x" }] });
    assert.deepEqual(problems.map(({ field }) => field), ["tokenUrl", "tokenRequest[0].value", "timeout"]);
    assert.ok(problems.every(({ message }) => message.length > 10));
    for (const odd of [null, 7, "x", [], {}]) assert.ok((await validateConnection(odd)).length > 0);
  });

  test("a connection that is wrong is not made, and the error names the field", async () => {
    const error = await createConnection({ id: "c", type: "two-legged", tokenUrl: "http://elsewhere.example" }).catch((error) => error);
    assert.deepEqual([error.code, error.message.includes("(tokenUrl)")], ["config_invalid", true]);
    const circular = { id: "c" };
    circular.self = circular;
    assert.equal(await codeOf(createConnection(circular)), "config_invalid");
    assert.equal(await codeOf(createConnection()), "config_invalid");
  });
});

describe("previews", () => {
  test(`every preset has one, in less than ${REDRAW} ms, without a request or a secret`, async (t) => {
    for (const name of NAMES) {
      const { connection } = await preset(name);
      await previewConnection(connection);
      const times = [];
      for (let i = 0; i < 20; i++) {
        const began = performance.now();
        const { steps, participants, problems } = await previewConnection(connection);
        times.push(performance.now() - began);
        assert.deepEqual(problems, []);
        const ids = participants.map(({ id }) => id);
        for (const { from, to } of steps) assert.ok(ids.includes(from) && ids.includes(to), `${from} ${to}`);
        assert.ok(steps.some(({ request }) => request?.method === "POST"));
      }
      const median = times.sort((a, b) => a - b)[10];
      t.diagnostic(`${name}: ${median.toFixed(2)} ms`);
      assert.ok(median < REDRAW, `${median}`);
    }
  });

  test("shows where secrets would be, and the preview of a connection never has them", async (t) => {
    const { connect, secrets } = await world(t);
    const orders = await connect("iman");
    const text = JSON.stringify(orders.preview());
    assert.ok(text.includes("‹client_secret›") && text.includes("‹code›") && text.includes("‹state›"));
    assert.ok(!text.includes(secrets.iman.client_secret));
  });

  test("data that is wrong is shown as far as it goes", async () => {
    const { connection } = await preset("case-manager");
    const { problems, steps } = await previewConnection({ ...connection, timeout: -1 });
    assert.deepEqual(problems.map(({ field }) => field), ["timeout"]);
    assert.equal(steps[0].step, "token request");
  });
});

describe("tests of a connection", () => {
  for (const [name, options] of [["case-manager"], ["compliance-auth", { allowPasswordGrant: true }], ["cardsync"]]) {
    test(`what was sent and answered: ${name}`, async (t) => {
      const { connect, secrets, systems } = await world(t);
      const connection = await connect(name, {}, options);
      const report = await connection.test();
      assert.ok(report.ok, report.report);
      const shown = report.steps.filter(({ request }) => request);
      assert.deepEqual(shown.map(({ request, answer }) => [request.method, answer.status]), systems[name].requests.map(({ method, status }) => [method, status]));
      assert.ok(shown.every(({ tookMs, ok }) => tookMs >= 0 && ok));
      const token = systems[name].requests.at(-1).headers.authorization.split(" ")[1];
      for (const secret of [token, ...Object.values(secrets[name])]) {
        assert.ok(!JSON.stringify([report, connection.trace()]).includes(JSON.stringify(secret).slice(1, -1)), secret);
      }
    });
  }

  test("says what is wrong, where, and what to do", async (t) => {
    const { connect, systems } = await world(t);
    const wrong = await connect("case-manager", {}, { secrets: { client_secret: "wrong" } });
    const refused = await wrong.test();
    assert.equal(refused.ok, false);
    const [{ ok, error, answer }] = refused.steps;
    assert.deepEqual([ok, error.code, error.oauth.error, answer.status], [false, "token_error", "invalid_client", 401]);
    assert.ok(error.remedy && refused.report.includes("FAIL  token request"));
    assert.ok(refused.report.includes(`it said: ${error.oauth.error}`), refused.report);

    const elsewhere = await connect("case-manager", { testUrl: "%[base_url]/nothing" });
    const missing = await elsewhere.test();
    assert.deepEqual([missing.ok, missing.steps.map(({ ok }) => ok)], [false, [true, false]]);

    systems.iman.state.consent = "allow";
    const orders = await connect("iman");
    const alone = await orders.test();
    assert.deepEqual([alone.ok, alone.steps[0].error.code], [false, "login_required"]);

    const nowhere = await connect("case-manager", {}, { values: { base_url: "http://127.0.0.1:1" } });
    const { steps } = await nowhere.test();
    assert.equal(steps[0].error.code, "network");
    const bare = await connect("case-manager", {}, { secrets: {} });
    assert.match((await bare.test()).steps[0].error.message, /client_secret/);
  });

  test("the trace has requests and answers only if it is to", async (t) => {
    const { connect } = await world(t);
    for (const trace of [true, false]) {
      const cases = await connect("case-manager", { trace });
      await cases.getAccessToken();
      const [step] = cases.trace();
      assert.deepEqual([step.step, step.from, step.to, step.detail.status, step.at > 0], ["token request", "application", "system", 200, true]);
      assert.equal("request" in step, trace);
    }
  });
});

describe("where tokens go", () => {
  test("to the origin of a test URL of which a part is drawn, told or secret", async (t) => {
    const { connect, systems, baseUrls } = await world(t);
    for (const rest of ["/api/cases?id=%[guid]", "/api/cases?at=%[utc]", "/api/cases?key=%[client_secret]"]) {
      const cases = await connect("case-manager", { testUrl: `%[base_url]${rest}` });
      assert.equal((await cases.fetch(`${baseUrls["case-manager"]}/api/cases`)).status, 200, rest);
      assert.equal(await codeOf(cases.fetch("https://elsewhere.example/api/cases")), "origin_not_allowed", rest);
      const { ok, report } = await cases.test();
      assert.ok(ok, report);
    }
    const { port } = new URL(baseUrls["case-manager"]);
    const own = await connect("case-manager", { secrets: ["host"], testUrl: `http://%[host]:${port}/api/cases` }, { secrets: { client_secret: "x", host: "127.0.0.1" } });
    systems["case-manager"].requests.length = 0;
    assert.equal(await codeOf(own.fetch("http://x/api/cases")), "origin_not_allowed");
    assert.equal(systems["case-manager"].requests.length, 0);
  });

  test("a test sends it nowhere else either", async (t) => {
    const { connect, systems } = await world(t);
    const cases = await connect("case-manager", { apiOrigins: ["https://elsewhere.example"] });
    const { ok, steps } = await cases.test();
    assert.deepEqual([ok, steps.at(-1).error.code], [false, "origin_not_allowed"]);
    assert.deepEqual(systems["case-manager"].requests.map(({ path }) => path), ["/oauth/token"]);
  });
});
