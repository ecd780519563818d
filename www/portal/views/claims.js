/** The verified claims of the ID token, each with what it means. */
import { h } from "../dom.js";

const MEANING = {
  name: "Full name",
  given_name: "Given name",
  family_name: "Family name",
  preferred_username: "User name",
  email: "Email address",
  email_verified: "Address verified",
  locale: "Language",
  sub: "Who you are",
  iss: "Who vouches for it",
  aud: "Whom it is for",
  iat: "Issued",
  exp: "Good until",
  auth_time: "Password last given",
  nonce: "Ties it to this sign-in",
  sid: "Session at the provider",
  amr: "How you proved it",
  acr: "How strongly",
  at_hash: "Ties it to the access token",
};
const TIMES = new Set(["iat", "exp", "auth_time", "updated_at"]);

export function claims() {
  const rows = h("tbody");
  return {
    element: h("section", { class: "card claims", "aria-labelledby": "claims" },
      h("header", {}, h("h2", { id: "claims" }, "ID token"), h("span", { class: "pill", "data-status": "signed-in" }, "Verified")),
      h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Claim"), h("th", { scope: "col" }, "Value"))),
        rows)),
    update({ user }) {
      rows.replaceChildren(...inOrder(user).map(([name, value]) => h("tr", {},
        h("th", { scope: "row" }, h("span", {}, MEANING[name] ?? "Claim"), h("code", {}, name)),
        h("td", {}, readable(name, value)))));
    },
  };
}

/** Those we have words for first, in the order of the words. */
function inOrder(user) {
  const known = Object.keys(MEANING);
  const rank = ([name]) => (known.includes(name) ? known.indexOf(name) : known.length);
  return Object.entries(user).sort((one, other) => rank(one) - rank(other));
}

function readable(name, value) {
  if (TIMES.has(name) && typeof value === "number") {
    const time = new Date(value * 1000);
    return h("time", { datetime: time.toISOString() }, time.toLocaleString());
  }
  if (value === true) return "yes";
  if (value === false) return "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}
