/** What the client did, step by step: who spoke to whom, what came back, how long it took. */
import { h } from "../dom.js";
import { traceDiagram } from "../trace-diagram.js";
import { events, forget } from "../trace-log.js";

export function trace({ auth }) {
  const diagram = traceDiagram();
  const rows = h("ol", { class: "trace" });
  const empty = h("p", { class: "empty" }, "Nothing yet. Sign in, or make a call.");
  const clear = h("button", {
    class: "button",
    onclick() {
      forget();
      update();
    },
  }, "Forget earlier pages");

  function update() {
    const all = events(auth);
    empty.hidden = all.length > 0;
    diagram.update(all);
    rows.replaceChildren(...all.map((event, index) => row(event, all[index - 1])));
  }

  return {
    title: "Trace",
    element: h("div", {},
      h("header", { class: "page-head" },
        h("h1", {}, "Trace"),
        h("p", { class: "lead" }, "Safe to show around: it holds no token, code or verifier.")),
      h("section", { class: "card", id: "latest", "aria-label": "Events" }, diagram.element, rows, empty),
      h("p", { class: "row" }, clear)),
    update,
  };
}

function row(event, before) {
  const { at, step, from, to, detail } = event;
  const { method, status, ms, code, ...rest } = detail;
  const failed = code !== undefined || status >= 400;
  return h("li", { class: "event", "data-failed": String(failed) },
    h("span", { class: "when" }, before ? gap(at - before.at) : clock(at)),
    h("span", { class: "route" }, party(from), h("span", { class: "arrow" }, h("span", { class: "sr" }, " to ")), party(to)),
    h("span", { class: "step" },
      h("strong", {}, step),
      method && h("code", {}, method),
      status !== undefined && pill(failed, status),
      code !== undefined && pill(failed, code),
      ms !== undefined && h("span", { class: "took" }, `took ${ms} ms`),
      Object.entries(rest).map(([name, value]) => h("code", {}, `${name}=${value}`))));
}

const pill = (failed, text) => h("span", { class: "pill", "data-status": failed ? "refused" : "signed-in" }, String(text));

const party = (name) => h("span", { class: "party", "data-party": name }, name);

const clock = (at) => new Date(at * 1000).toLocaleTimeString([], { hour12: false });

/** The time since the event before, in seconds, in as few characters as will do. */
function gap(seconds) {
  if (seconds < 1) return `+${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `+${seconds.toFixed(1)} s`;
  return `+${Math.round(seconds / 60)} min`;
}
