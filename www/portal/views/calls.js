/** Calls to the protected API: the ones that work, and the ones that must not. */
import { h } from "../dom.js";
import { problem } from "../problem.js";

const LEDGER = "/api/ledger";

const list = (auth) => [
  {
    id: "ledger",
    name: "Read the ledger",
    code: `auth.fetch("${LEDGER}")`,
    note: "The token goes along, renewed beforehand if it is about to end.",
    send: () => auth.fetch(LEDGER),
  },
  {
    id: "bare",
    name: "Ask without a token",
    code: `fetch("${LEDGER}")`,
    note: "What a stranger is told.",
    send: () => fetch(LEDGER),
  },
  {
    id: "distrusted",
    name: "Have the token refused",
    code: `auth.fetch("${LEDGER}")`,
    note: "The API stops trusting this token. Its 401 is met by one refresh and one replay.",
    async send() {
      await auth.fetch("/api/distrust", { method: "POST" });
      return auth.fetch(LEDGER);
    },
  },
  {
    id: "vault",
    name: "Open the vault",
    code: "auth.fetch(\"/api/vault\")",
    note: "Wants a password given within the last minute (RFC 9470).",
    send: () => auth.fetch("/api/vault"),
  },
  {
    id: "elsewhere",
    name: "Send the token elsewhere",
    code: "auth.fetch(\"https://other.example/\")",
    note: "An origin nobody listed: refused before anything is sent.",
    send: () => auth.fetch("https://other.example/"),
  },
  {
    id: "userinfo",
    name: "Ask the provider",
    code: "auth.userinfo()",
    note: "The claims as they stand now, for the same subject.",
    send: async () => ({ status: 200, statusText: "OK", json: await auth.userinfo() }),
  },
];

export function calls({ auth, signIn }) {
  const answer = h("div", { class: "answer", "aria-live": "polite" }, h("p", { class: "empty" }, "Choose a call. Its answer shows here."));
  return {
    title: "Calls",
    element: h("div", { class: "calls" },
      h("header", { class: "page-head" },
        h("h1", {}, "Calls"),
        h("p", { class: "lead" }, "A protected API checks the access token of each call with the provider.")),
      h("ul", { class: "call-list" }, list(auth).map((call) => h("li", {},
        h("button", { class: "call", id: `call-${call.id}`, onclick: (event) => make(call, event.currentTarget) },
          h("strong", {}, call.name),
          h("code", {}, call.code),
          h("span", {}, call.note))))),
      h("section", { class: "card", id: "answer", "aria-label": "Answer" }, answer)),
  };

  async function make(call, button) {
    for (const other of document.querySelectorAll(".call[aria-pressed]")) other.removeAttribute("aria-pressed");
    button.setAttribute("aria-pressed", "true");
    const started = performance.now();
    let renewed = false;
    const stop = auth.on("refreshed", () => (renewed = true));
    try {
      const response = await call.send();
      const body = response.json instanceof Function ? await response.json() : response.json;
      answer.replaceChildren(...success(call, response, body, { renewed, ms: performance.now() - started }));
    } catch (error) {
      answer.replaceChildren(title(call), problem(known(error), ...remedies(error)));
    } finally {
      stop();
    }
    // On a phone the answer is below the list.
    if (answer.getBoundingClientRect().top > innerHeight - 80) answer.scrollIntoView({ block: "center" });
  }

  function remedies({ code, maxAge, acrValues }) {
    const button = (text, options) => h("button", { class: "button primary", onclick: () => signIn(options) }, text);
    if (code === "step_up_required") return [button("Give the password again", { maxAge, acrValues })];
    if (code === "login_required" || code === "session_expired") return [button("Sign in")];
    return [];
  }
}

function success(call, response, body, { renewed, ms }) {
  return [
    title(call),
    h("p", { class: "chips" },
      h("span", { class: "pill", "data-status": response.status < 400 ? "signed-in" : "refused" }, `${response.status} ${response.statusText}`),
      h("span", { class: "pill" }, `${Math.round(ms)} ms`),
      renewed ? h("span", { class: "pill", "data-status": "stale" }, "token renewed on the way") : null),
    challenge(response),
    h("pre", { tabindex: "0", "aria-label": "Body" }, JSON.stringify(body, null, 2)),
  ];
}

/** What the platform's own `fetch` rejects with brings no remedy. */
function known(error) {
  if (error.code) return error;
  return { name: error.name, message: error.message, remedy: "check the connection; the session is as it was" };
}

const title = (call) => h("h2", {}, call.name);

function challenge(response) {
  const text = response.headers?.get("www-authenticate");
  return text ? h("p", { class: "challenge" }, h("code", {}, `WWW-Authenticate: ${text}`)) : "";
}
