/** `diagnose()`: whether the set-up works, and how to mend what does not. */
import { announce, h } from "../dom.js";
import { prose } from "../problem.js";

export function checks({ auth, attempt }) {
  const results = h("div", { class: "results", "aria-live": "polite" }, h("p", { class: "empty" }, "Not run yet."));
  const run = h("button", {
    class: "button primary",
    async onclick() {
      run.disabled = true;
      const diagnosis = await attempt(() => auth.diagnose());
      run.disabled = false;
      run.focus();
      if (diagnosis) results.replaceChildren(...show(diagnosis));
    },
  }, "Run the checks");
  return {
    title: "Checks",
    element: h("div", {},
      h("header", { class: "page-head" },
        h("h1", {}, "Checks"),
        h("p", { class: "lead" }, "Asks the live provider whether this portal is set up well."),
        h("p", { class: "row" }, run)),
      h("section", { class: "card", "aria-label": "Results" }, results)),
  };
}

function show({ ok, checks, report }) {
  const bad = checks.filter((check) => !check.ok).length;
  return [
    h("h2", {}, ok ? "Everything is in order" : `${bad} of ${checks.length} need attention`),
    h("ul", { class: "check-list" }, checks.map((check) => h("li", { "data-ok": String(check.ok) },
      h("div", {},
        h("strong", {}, check.id), h("span", { class: "sr" }, check.ok ? " passed: " : " failed: "),
        h("p", {}, prose(check.detail)),
        check.remedy ? h("p", { class: "problem-remedy" }, h("strong", {}, "What to do: "), prose(check.remedy)) : null)))),
    h("details", {}, h("summary", {}, "The report, ready to paste"), h("pre", { tabindex: "0" }, report)),
    h("p", { class: "row" }, h("button", {
      class: "button",
      async onclick() {
        await navigator.clipboard.writeText(report);
        announce("Report copied");
      },
    }, "Copy the report")),
  ];
}
