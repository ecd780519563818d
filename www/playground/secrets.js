/** The secrets that a connection needs: asked for in the page, kept in its memory, never in the data. */
import { h } from "/dom.js";

const WORDS = {
  client_secret: "Client secret",
  user_name: "User name",
  user: "User",
  password: "Password",
  private_key: "Private key",
  assertion: "Assertion",
  saml_assertion: "SAML assertion",
  subject_token: "Subject token",
  actor_token: "Actor token",
  token: "Saved token",
};
/** What a name gives away of its length. */
const LONG = ["private_key", "saml_assertion"];
const BY_GRANT = {
  password: ["user_name", "password"],
  jwt_bearer: ["assertion", "private_key"],
  saml2_bearer: ["saml_assertion"],
  token_exchange: ["subject_token", "actor_token"],
};
const BY_AUTHENTICATION = { basic: "client_secret", post: "client_secret", client_secret_jwt: "client_secret", private_key_jwt: "private_key" };

/** The names of the secrets that this data speaks of. */
export function secretsOf(data) {
  if (data.baseUrl !== undefined) return ["user", "password"];
  const { credentials = {}, credential, ...rest } = data;
  const templates = JSON.stringify([rest, credentials[credential] ?? []]);
  const named = [...templates.matchAll(/%\[(\w+)\]/g)].map(([, name]) => name);
  const own = Array.isArray(data.secrets) ? data.secrets : [];
  const needed = new Set([
    BY_AUTHENTICATION[data.clientAuth],
    ...(BY_GRANT[data.grant] ?? []),
    ...named.filter((name) => (name in WORDS && name !== "token" && name !== "user") || own.includes(name)),
    data.persistToken && "token",
  ]);
  return [...Object.keys(WORDS), ...own].filter((name) => needed.has(name));
}

/** @returns `{ element, ask(names), fill(values), known() }`; `known` is the values by name, without empty ones */
export function secretsPanel({ changed }) {
  let values = new Map();
  let shown = "";
  const fields = h("div", { class: "fields" });
  const whereabouts = h("p", { class: "hint" });
  const element = h("section", { class: "secrets", "aria-labelledby": "secrets-title" },
    h("h3", { id: "secrets-title" }, "Secrets"),
    whereabouts,
    fields);
  return {
    element,
    ask(names) {
      element.hidden = names.length === 0;
      whereabouts.textContent = names.includes("user")
        ? "Handed to this page’s own server when it asks the service. Kept in memory, never exported."
        : "Kept in memory until this page is left. Never exported.";
      if (shown === names.join()) return;
      shown = names.join();
      fields.replaceChildren(...names.map(field));
    },
    fill(next) {
      values = new Map(Object.entries(next));
      shown = "";
    },
    known: () => Object.fromEntries([...values].filter(([, value]) => value !== "")),
  };

  function field(name) {
    const words = WORDS[name] ?? name;
    const isLong = LONG.includes(name);
    const input = h(isLong ? "textarea" : "input", {
      id: `secret-${name}`, class: "code masked", type: isLong ? null : "password", rows: isLong ? 3 : null,
      autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      oninput() {
        values.set(name, input.value);
        changed();
      },
    });
    input.value = values.get(name) ?? ""; // the property: the attribute would stand in the page's markup
    const reveal = h("button", {
      class: "quiet reveal", type: "button", "aria-pressed": "false", "aria-controls": input.id,
      onclick() {
        const isShown = reveal.getAttribute("aria-pressed") !== "true";
        reveal.setAttribute("aria-pressed", String(isShown));
        input.classList.toggle("masked", !isShown);
        if (!isLong) input.type = isShown ? "text" : "password";
      },
    }, "Show", h("span", { class: "sr" }, ` ${words}`));
    return h("div", { class: "field" },
      h("label", { for: input.id }, words),
      h("div", { class: "with-button" }, input, reveal));
  }
}
