/** The start page: an invitation to a stranger, the session to its owner. */
import { h } from "../dom.js";
import { claims } from "./claims.js";
import { session } from "./session-card.js";

export function overview(app) {
  const element = h("div");
  let panel;
  return {
    title: "Overview",
    element,
    update(state) {
      const wanted = state.user ? inside : outside;
      if (panel?.of !== wanted) {
        panel?.leave();
        panel = { of: wanted, ...wanted(app) };
        element.replaceChildren(panel.element);
      }
      panel.update(state);
    },
    leave: () => panel?.leave(),
  };
}

function inside(app) {
  const greeting = h("h1");
  const parts = [session(app), claims()];
  return {
    element: h("div", { class: "inside" },
      h("header", { class: "page-head" },
        greeting,
        h("p", { class: "lead" }, "Everything below comes from an ID token whose signature and claims were checked.")),
      parts.map((part) => part.element)),
    update(state) {
      greeting.textContent = `Hello, ${state.user.given_name ?? state.user.name ?? state.user.sub}`;
      for (const part of parts) part.update(state);
    },
    leave: () => parts.forEach((part) => part.leave?.()),
  };
}

const CHECKS = [
  ["State", "The answer belongs to a sign-in this browser began."],
  ["PKCE", "A stolen code is worth nothing without its verifier."],
  ["Issuer", "The answer names its sender, against mix-ups (RFC 9207)."],
  ["Signature", "The ID token is signed by a key the provider publishes."],
  ["Audience and time", "It was made for this portal, and is not out of date."],
  ["Nonce", "It was made for this sign-in and cannot be replayed."],
];

function outside({ settings: { account }, signIn }) {
  const button = h("button", { class: "button primary large", onclick: () => signIn() });
  return {
    element: h("div", { class: "outside" },
      h("div", { class: "hero" },
        h("div", {},
          h("p", { class: "eyebrow" }, "Demo portal"),
          h("h1", {}, "One gate, and every check behind it."),
          h("p", { class: "lead" }, "Northgate signs you in at Drawbridge ID, a real OpenID Provider running beside it on this machine."),
          h("p", { class: "row" }, button),
          h("dl", { class: "account" },
            h("div", {}, h("dt", {}, "Email address"), h("dd", {}, h("code", {}, account.email))),
            h("div", {}, h("dt", {}, "Password"), h("dd", {}, h("code", {}, account.password))))),
        code()),
      h("section", { "aria-labelledby": "checked" },
        h("h2", { id: "checked" }, "Checked before you are in"),
        h("ul", { class: "checked" }, CHECKS.map(([name, why]) => h("li", {}, h("h3", {}, name), h("p", {}, why)))))),
    update({ status }) {
      const busy = status === "signing-in";
      button.disabled = busy;
      button.textContent = busy ? "Signing in…" : "Sign in";
    },
    leave() {},
  };
}

/** What the portal itself had to write. */
function code() {
  const line = (text, remark) => [text, remark && h("span", {}, `  // ${remark}`), "\n"];
  return h("figure", { class: "code" },
    h("figcaption", {}, "The whole of it"),
    h("pre", { tabindex: "0", "aria-label": "Source code" }, h("code", {},
      line("const auth = await createAuth({"),
      line("  issuer, clientId, redirectUri,"),
      line("});"),
      line(""),
      line("await auth.login();", "button"),
      line("await auth.handleCallback();", "callback"),
      line("await auth.fetch(\"/api/ledger\");", "calls"))));
}
