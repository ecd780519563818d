/** The session: how long the token lasts, what it may do, and the ways to renew and use it. */
import { h } from "../dom.js";
import { lifetime } from "../lifetime.js";

const WORDS = {
  "signed-in": "Signed in",
  "signing-in": "Signing in",
  "signed-out": "Signed out",
  stale: "Provider out of reach",
};

export function session({ auth, settings, attempt }) {
  const status = h("span", { class: "pill" });
  const scopes = h("ul", { class: "chips", "aria-label": "Scopes granted" });
  const ring = lifetime(settings.accessTokenLifetime);
  const renew = h("button", {
    class: "button",
    async onclick() {
      renew.disabled = true;
      await attempt(() => auth.getAccessToken({ forceRefresh: true }));
      renew.disabled = false;
      renew.focus();
    },
  }, "Renew the token");

  return {
    element: h("section", { class: "card session", "aria-labelledby": "session" },
      h("header", {}, h("h2", { id: "session" }, "Session"), status),
      ring.element,
      h("h3", {}, "The token may"),
      scopes,
      h("p", { class: "row" }, renew, h("a", { class: "button", href: "/calls" }, "Use it"))),
    update(state) {
      status.textContent = WORDS[state.status];
      status.dataset.status = state.status;
      ring.set(state.accessTokenExpiresAt);
      scopes.replaceChildren(...state.scope.map((scope) => h("li", {}, h("code", {}, scope))));
    },
    leave: ring.stop,
  };
}
