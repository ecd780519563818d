/** The pages of a sign-in: who are you, and may the portal know. */
import { checkPassword, claimsOf } from "./account.mjs";
import { markup, pageHeaders, renderPage } from "./pages.mjs";

const MAX_FORM = 4096;

/** What a scope lets the portal see, in words. `openid` goes without saying. */
const SCOPES = {
  profile: ["Your profile", "name, user name and language"],
  email: ["Your email address", "and whether it was verified"],
  "ledger:read": ["Your ledger", "reads entries, changes nothing"],
};

const DENIED = { error: "access_denied", error_description: "the user did not agree to share the account" };

/** A handler for `/interaction/{uid}`: GET shows the page that is due, POST takes its form. */
export function interactions(provider, { portal }) {
  const pages = { login: { show: showLogin, submit: submitLogin }, consent: { show: showConsent, submit: submitConsent } };

  return async function interact(request, response) {
    try {
      const details = await provider.interactionDetails(request, response);
      const page = pages[details.prompt.name];
      if (request.method === "GET") return await page.show(details, response);
      if (request.method !== "POST") return response.writeHead(405, { allow: "GET, POST" }).end();
      const form = await readForm(request);
      const result = form.get("choice") === "deny" ? DENIED : await page.submit(details, form);
      if (!result) return await page.show(details, response, { email: form.get("email"), wrong: true });
      return await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: result !== DENIED });
    } catch (error) {
      if (response.headersSent) throw error;
      // The interaction is over, was never this browser's, or the form is not one of ours.
      return send(response, error.statusCode ?? 500, "error", {
        error: error.error ?? "server_error",
        description: error.error_description ?? "this sign-in has ended, or began in another browser",
      });
    }
  };

  async function send(response, status, page, values) {
    const html = await renderPage(page, values);
    response.writeHead(status, pageHeaders(portal)).end(html);
  }

  function showLogin({ params, prompt }, response, { email = params.login_hint, wrong = false } = {}) {
    const again = prompt.reasons.includes("max_age") || params.prompt === "login";
    return send(response, wrong ? 401 : 200, "login", {
      email,
      lead: again ? "Please confirm that it is still you." : markup`to go on to <strong>Northgate</strong>`,
      problem: wrong ? markup`<p class="problem" role="alert" id="problem">That address and password do not belong together.</p>` : "",
      described: wrong ? markup`aria-describedby="problem" aria-invalid="true"` : "",
    });
  }

  async function submitLogin(_details, form) {
    const accountId = await checkPassword(form.get("email") ?? "", form.get("password") ?? "");
    return accountId && { login: { accountId, amr: ["pwd"] } };
  }

  async function showConsent({ params, prompt, session }, response) {
    const client = await provider.Client.find(params.client_id);
    const { email } = claimsOf(session.accountId);
    const asked = prompt.details.missingOIDCScope ?? [];
    return send(response, 200, "consent", {
      client: client.clientName,
      email,
      origin: new URL(params.redirect_uri).host,
      scopes: asked.filter((scope) => scope !== "openid").map((scope) => {
        const [name, detail] = SCOPES[scope] ?? [scope, ""];
        return markup`<li><strong>${name}</strong> <span>${detail}</span></li>`;
      }),
    });
  }

  async function submitConsent({ params, prompt: { details }, grantId, session }) {
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(" "));
    if (details.missingOIDCClaims) grant.addOIDCClaims(details.missingOIDCClaims);
    return { consent: { grantId: await grant.save() } };
  }
}

async function readForm(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_FORM) throw Object.assign(new Error("form too large"), { statusCode: 413 });
  }
  return new URLSearchParams(text);
}
