/** `diagnose()`: whether the set-up works, and how to mend what does not; beside it, what happens by itself. */
import { copy, h } from "../dom.js";
import { prose } from "../problem.js";
import { live } from "./live.js";

export function checks(app) {
  const { auth, attempt } = app;
  const results = h("div", { class: "results", "aria-live": "polite" }, h("p", { class: "empty" }, "Not run yet."));
  const run = h("button", {
    class: "button primary",
    async onclick() {
      run.disabled = true;
      run.textContent = "Looking…";
      const diagnosis = await attempt(() => auth.diagnose());
      run.textContent = "Run the checks";
      run.disabled = false;
      run.focus();
      if (diagnosis) results.replaceChildren(...show(diagnosis));
    },
  }, "Run the checks");
  const aside = live(app);
  return {
    title: "Checks",
    element: h("div", {},
      h("header", { class: "page-head" },
        h("h1", {}, "Checks"),
        h("p", { class: "lead" }, "Looks at this page, its policy and the live provider, and says what to mend."),
        h("p", { class: "row" }, run)),
      h("div", { class: "with-aside" },
        h("section", { class: "card", "aria-label": "Results" }, results),
        aside.element)),
    update: aside.update,
    leave: aside.leave,
  };
}

/** What needs attention comes first, then what is worth knowing, then what is fine. */
const KINDS = [
  ["bad", "Needs attention", "failed"],
  ["note", "Worth knowing", "passed, with a note"],
  ["good", "In order", "passed"],
];
const kindOf = ({ ok, remedy }) => (ok ? (remedy ? "note" : "good") : "bad");

function show({ ok, checks, report }) {
  const bad = checks.filter((check) => !check.ok).length;
  return [
    h("header", { class: "verdict" },
      h("h2", {}, ok ? "Everything is in order" : `${bad} of ${checks.length} need attention`),
      h("button", {
        class: "button",
        onclick: () => copy(report, "Report copied"),
      }, "Copy the report")),
    KINDS.map(([kind, title, word]) => {
      const those = checks.filter((check) => kindOf(check) === kind);
      return those.length === 0 ? [] : [
        h("h3", { class: "check-kind" }, title),
        h("ul", { class: "check-list", "data-kind": kind }, those.map((check) => item(check, kind, word))),
      ];
    }),
    h("details", {}, h("summary", {}, "The report, ready to paste"), h("pre", { tabindex: "0" }, report)),
  ].flat(Infinity);
}

function item({ id, detail, remedy }, kind, word) {
  return h("li", { "data-kind": kind },
    h("div", {},
      h("strong", {}, id), h("span", { class: "sr" }, ` ${word}: `),
      h("p", {}, prose(detail)),
      remedy ? h("p", { class: "problem-remedy" }, h("strong", {}, "What to do: "), prose(remedy)) : null));
}
