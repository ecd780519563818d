/** Test results: each request and its answer, how long it took, and how it ended. */
import { copy, h } from "/dom.js";
import { problem, prose } from "/problem.js";
import { parted } from "/sequence/lines.js";

/**
 * @param {...Element} controls what starts a test
 * @returns `{ element, clear(words?), busy(words, stop), show(outcome) }`
 */
export function results(...controls) {
  const verdict = h("div", { class: "verdict", role: "status" });
  const body = h("div", { class: "outcome" }, h("p", { class: "empty" }, "Nothing was sent yet."));
  return {
    element: h("section", { class: "card results", "aria-labelledby": "results-title" },
      h("header", {}, h("h2", { id: "results-title" }, "Test results"), h("div", { class: "actions" }, controls)),
      verdict, body),
    clear(words = "Nothing was sent yet.") {
      verdict.replaceChildren();
      body.replaceChildren(h("p", { class: "empty" }, words));
    },
    busy(words, stop) {
      verdict.replaceChildren(h("p", { class: "note" }, words));
      body.replaceChildren(h("p", { class: "row" }, h("button", { class: "button", type: "button", onclick: stop }, "Stop")));
    },
    show({ ok, title, text, remedy, error, steps = [], report }) {
      verdict.replaceChildren(h("p", { class: "verdict-line", "data-ok": String(ok) }, h("strong", {}, title), text && h("span", {}, text)));
      body.replaceChildren(...[
        error && problem(error),
        remedy && h("p", { class: "problem-remedy" }, h("strong", {}, "What to do: "), prose(remedy)),
        steps.length > 0 && h("ol", { class: "exchanges" }, steps.map(exchange)),
        report && h("p", { class: "row" }, h("button", {
          class: "button", type: "button",
          onclick: () => copy(report, "Report copied"),
        }, "Copy the report")),
      ].filter(Boolean));
    },
  };
}

function exchange({ step, request, answer, ok, tookMs, error }) {
  return h("li", { class: "exchange", "data-ok": String(ok) },
    h("h3", {}, step, h("span", { class: "sr" }, ok ? " worked" : " failed")),
    h("p", { class: "facts" },
      answer && h("span", { class: "pill", "data-status": answer.status < 400 ? "signed-in" : "refused" }, String(answer.status)),
      request && h("span", {}, `${tookMs} ms`)),
    error && problem(error),
    request && h("details", { open: !ok }, h("summary", {}, h("span", {}, "Request "), h("code", {}, `${request.method} ${parted(request.url).address}`)), sent(request)),
    answer && h("details", { open: !ok }, h("summary", {}, h("span", {}, "Answer "), h("code", {}, answer.contentType || "no type")),
      h("pre", { tabindex: "0", "aria-label": "Body of the answer" }, answer.body || "(empty)")));
}

function sent({ url, headers, body, bodyType }) {
  return [
    table("Query", parted(url).parameters),
    table("Headers", headers),
    table(`Body, ${bodyType === "json" ? "JSON" : "form"}`, body),
  ];
}

function table(title, list = []) {
  if (list.length === 0) return null;
  return h("div", { class: "listing" }, h("h4", {}, title),
    h("dl", {}, list.map(({ name, value }) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}
