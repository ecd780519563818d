/** An error as people can use it: what went wrong, its code, what to do about it. */
import { h } from "./dom.js";

/** `actions` are buttons to offer; the provider's own words are shown as such, never as markup. */
export function problem(error, ...actions) {
  const { code = error.name, message, remedy, oauth, retryable, status } = error;
  return h("section", { class: "problem", role: "alert" },
    h("p", { class: "problem-code" },
      h("code", {}, code),
      status ? h("span", {}, `HTTP ${status}`) : null,
      retryable ? h("span", {}, "can be tried again") : null),
    h("p", { class: "problem-message" }, prose(withoutCode(message, code))),
    remedy ? h("p", { class: "problem-remedy" }, h("strong", {}, "What to do: "), prose(remedy)) : null,
    oauth ? h("p", { class: "problem-oauth" }, "The provider said ", h("code", {}, oauth.error), oauth.description ? `: ${oauth.description}` : "") : null,
    actions.length ? h("p", { class: "row" }, actions) : null);
}

/** The code stands above the message already. */
const withoutCode = (message, code) => (message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message);

/** Text in which `backticks` mark what is code. */
export const prose = (text) => text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
