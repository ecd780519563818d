/** The demo portal as a person uses it: pages, buttons, a password. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startDemo } from "../../scripts/demo/serve.mjs";
import { keepTokenResponses, sharedBrowser } from "./support.mjs";

let demo;
before(async () => (demo = await startDemo({ vaultMaxAge: 0 })));
after(() => demo?.stop());

const button = (page, name) => page.getByRole("button", { name, exact: true });

async function visitor(t) {
  const context = await (await sharedBrowser()).newContext();
  t.after(() => context.close());
  await keepTokenResponses(context);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A refusing status is logged by the browser itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  t.after(() => assert.deepEqual(complaints, []));
  return page;
}

async function logIn(page) {
  await page.getByLabel("Email address").fill(demo.account.email);
  await page.getByLabel("Password").fill(demo.account.password);
  await button(page, "Sign in").click();
}

async function signIn(page, path = "/") {
  await page.goto(demo.portal + path);
  await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
  await logIn(page);
  await button(page, "Allow").click();
  await page.waitForURL(demo.portal + path);
  await button(page, "Sign out").waitFor();
}

test("sign in, look around, renew, sign out", async (t) => {
  const page = await visitor(t);
  await signIn(page);

  await t.test("the claims are those of the account", async () => {
    await page.getByRole("heading", { name: "Hello, Ada" }).waitFor();
    for (const value of ["Ada Byron", demo.account.email, demo.provider]) {
      assert.ok(await page.getByRole("cell", { name: value, exact: true }).isVisible(), value);
    }
    assert.match(await page.locator(".lifetime .left").innerText(), /^[12]:\d\d$/);
  });

  await t.test("the API answers, and strangers are turned away", async () => {
    await page.getByRole("link", { name: "Calls" }).click();
    await button(page, /^Read the ledger/).click();
    await page.getByText("200 OK").waitFor();
    assert.match(await page.locator(".answer pre").innerText(), /Note G/);
    await button(page, /^Ask without a token/).click();
    await page.getByText("401 Unauthorized").waitFor();
    await button(page, /^Send the token elsewhere/).click();
    await page.getByText("origin_not_allowed", { exact: true }).waitFor();
  });

  await t.test("a refused token is renewed on the way", async () => {
    const before = demo.requests.length;
    await button(page, /^Have the token refused/).click();
    await page.getByText("token renewed on the way").waitFor();
    assert.equal(demo.requests.slice(before).filter(({ path }) => path === "/token").length, 1);
  });

  await t.test("renewing by hand gives more time", async () => {
    await page.getByRole("link", { name: "Overview" }).click();
    const before = demo.requests.length;
    const answered = page.waitForResponse((response) => response.url().endsWith("/token"));
    await button(page, "Renew the token").click();
    await answered;
    await page.getByText("Access token renewed").waitFor();
    assert.deepEqual(demo.requests.slice(before).map(({ method, path, status }) => [method, path, status]), [["POST", "/token", 200]]);
  });

  await t.test("the trace tells the story and keeps the secrets", async () => {
    await page.getByRole("link", { name: "Trace" }).click();
    const story = await page.locator(".trace").innerText();
    for (const step of ["authorize", "callback", "api"]) assert.ok(story.includes(step), step);
    const tokens = Object.values(await page.evaluate(() => tokenResponses.at(-1)));
    for (const token of tokens.filter((value) => value.length > 40)) assert.ok(!story.includes(token));
  });

  await t.test("a reload keeps the session", async () => {
    await page.getByRole("link", { name: "Overview" }).click();
    await page.reload();
    await page.getByRole("heading", { name: "Hello, Ada" }).waitFor();
  });

  await t.test("signing out ends it at the provider too", async () => {
    await button(page, "Sign out").click();
    await button(page, "Sign out everywhere").click();
    await page.waitForURL((url) => url.origin === demo.portal);
    await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
    assert.ok(await page.getByLabel("Password").isVisible(), "the next sign-in asks for the password again");
  });
});

test("the vault asks for the password again", async (t) => {
  const page = await visitor(t);
  await signIn(page, "/calls");
  await button(page, /^Open the vault/).click();
  await page.getByText("step_up_required", { exact: true }).waitFor();
  await button(page, "Give the password again").click();
  await page.getByText("Please confirm that it is still you.").waitFor();
  await logIn(page);
  await page.waitForURL(`${demo.portal}/calls`);
  await button(page, "Sign out").waitFor();
});

test("a deep link is where the sign-in ends", async (t) => {
  const page = await visitor(t);
  await signIn(page, "/trace?order=newest#latest");
  assert.equal(page.url(), `${demo.portal}/trace?order=newest#latest`);
});

test("a fragment that means nothing is no reason to show nothing", async (t) => {
  const page = await visitor(t);
  for (const fragment of ["#%zz", "#%", "#nowhere"]) {
    await page.goto("about:blank");
    await page.goto(`${demo.portal}/${fragment}`);
    await page.getByRole("banner").getByRole("button", { name: "Sign in" }).waitFor();
    assert.doesNotMatch(await page.title(), /^Not available/, fragment);
  }
});

test("a problem is told with its code once", async (t) => {
  const page = await visitor(t);
  await signIn(page);
  await page.evaluate(() => {
    globalThis.said = [];
    const toast = document.querySelector(".toast");
    const listen = (records) => said.push(...records.flatMap(({ addedNodes }) => [...addedNodes]).map(({ textContent }) => textContent));
    new MutationObserver(listen).observe(toast, { childList: true });
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (key, text) {
      if (key.endsWith(".session")) throw new DOMException("full", "QuotaExceededError");
      setItem.call(this, key, text);
    };
  });
  await button(page, "Renew the token").click();
  await page.waitForFunction(() => said.some((text) => text.includes("storage_full")));
  const told = await page.evaluate(() => said.find((text) => text.includes("storage_full")));
  assert.equal(told.split("storage_full").length, 2, told);
});

test("a wrong password is refused by the provider, a second try works", async (t) => {
  const page = await visitor(t);
  await page.goto(demo.portal);
  await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Email address").fill(demo.account.email);
  await page.getByLabel("Password").fill("difference engine");
  await button(page, "Sign in").click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Email address").inputValue(), demo.account.email);
  await logIn(page);
  await button(page, "Allow").waitFor();
});

test("denied consent comes back as authorization_error with a way out", async (t) => {
  const page = await visitor(t);
  await page.goto(demo.portal);
  await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
  await logIn(page);
  await button(page, "Deny").click();
  const problem = page.getByRole("alert");
  await problem.getByText("authorization_error", { exact: true }).waitFor();
  assert.match(await problem.innerText(), /access_denied/);
  assert.equal(new URL(page.url()).search, "");
  await button(page, "Sign in again").click();
  await button(page, "Allow").click();
  await page.getByRole("heading", { name: "Hello, Ada" }).waitFor();
  await page.getByRole("link", { name: "Trace" }).click();
  const refused = await page.locator(".event", { hasText: "authorization_error" }).innerText();
  assert.doesNotMatch(refused, /=\s*$/m, "a detail without a value");
  assert.deepEqual((await page.locator(".sequence-svg .card").allTextContents()).filter((text) => text === "place"), []);
});

test("whoever signs in where a sign-in has failed does not come back there", async (t) => {
  const page = await visitor(t);
  await page.goto(`${demo.portal}/callback?code=stale&state=unknown`);
  await page.getByText("callback_state_unknown", { exact: true }).waitFor();
  await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
  await logIn(page);
  await button(page, "Allow").click();
  await page.getByRole("heading", { name: "Hello, Ada" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
});

test("a callback that fits nothing does not tell who is signed in that nobody is", async (t) => {
  const page = await visitor(t);
  await signIn(page);
  await page.goto(`${demo.portal}/callback?code=stale&state=unknown`);
  await page.getByText("callback_state_unknown", { exact: true }).waitFor();
  await page.getByRole("heading", { name: "Still signed in as Ada Byron" }).waitFor();
  assert.equal(await button(page, "Sign in again").count(), 0);
  await page.getByRole("link", { name: "Back to the start" }).click();
  await page.getByRole("heading", { name: "Hello, Ada" }).waitFor();
});

test("an API that cannot be reached is told from a sign-in that failed", async (t) => {
  const page = await visitor(t);
  await signIn(page, "/calls");
  await page.context().setOffline(true);
  await button(page, /^Read the ledger/).click();
  const problem = page.getByRole("alert");
  await problem.waitFor();
  assert.match(await problem.innerText(), /What to do: check the connection; the session is as it was/);
  await page.context().setOffline(false);
  await button(page, /^Read the ledger/).click();
  await page.getByText("200 OK").waitFor();
});

test("the checks pass, and say what is worth knowing", async (t) => {
  const page = await visitor(t);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${demo.portal}/checks`);
  await button(page, "Run the checks").click();
  await page.getByRole("heading", { name: "Everything is in order" }).waitFor();
  assert.match(await page.locator("li", { hasText: "redirect-uri" }).innerText(), /What to do: register exactly this text/);
  await button(page, "Copy the report").click();
  await page.getByText("Report copied").waitFor();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  for (const line of [`  issuer ${demo.provider}`, "ok    token-endpoint: as it should be"]) assert.ok(report.includes(line), report);
});

test("a browser that lets nothing be copied is told of", async (t) => {
  const page = await visitor(t);
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("denied", "NotAllowedError"));
  });
  await page.goto(`${demo.portal}/checks`);
  await button(page, "Run the checks").click();
  await button(page, "Copy the report").click();
  await page.getByText("Not copied: the browser does not permit it").waitFor();
});

test("a check that fails comes first, with its remedy", async (t) => {
  const page = await visitor(t);
  await page.route(`${demo.provider}/jwks`, (route) => route.fulfill({ json: { keys: [] }, headers: { "access-control-allow-origin": "*" } }));
  await page.goto(`${demo.portal}/checks`);
  await button(page, "Run the checks").click();
  await page.getByRole("heading", { name: /^2 of \d+ need attention$/ }).waitFor();
  const first = await page.locator(".check-list li").first().innerText();
  assert.match(first, /^keys[\s\S]*can be used[\s\S]*What to do: have it publish/);
});

test("nothing has to be scrolled sideways on the narrowest of phones", async (t) => {
  const page = await visitor(t);
  await page.setViewportSize({ width: 320, height: 640 }); // WCAG 2.2, 1.4.10
  await signIn(page);
  for (const path of ["/", "/calls", "/trace", "/checks", "/playground"]) {
    await page.goto(demo.portal + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, path);
  }
});

test("what another tab does is told here", async (t) => {
  const page = await visitor(t);
  await signIn(page, "/checks");
  const other = await page.context().newPage();
  await other.goto(`${demo.portal}/checks`);
  await button(other, "Sign out").waitFor();
  await button(page, "Sign out").click();
  await other.locator(".log").getByText("Signed out in another tab").waitFor();
  assert.match(await other.locator(".figures").innerText(), /Signed out/);
});

test("somebody who is away is warned, and thought to be there again", async (t) => {
  const impatient = await startDemo({ idleTimeout: 60, idleWarning: 55 });
  t.after(() => impatient.stop());
  const page = await visitor(t);
  await page.goto(`${impatient.portal}/checks`);
  await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
  await logIn(page);
  await button(page, "Allow").click();
  await page.locator(".figures").getByText(/^ends in \d+ s$/).waitFor();
  await page.locator(".log").getByText(/^Nobody there: \d+ seconds left$/).first().waitFor();
  await page.keyboard.press("Shift");
  await page.locator(".figures").getByText("ends after 60 s").waitFor();
});
