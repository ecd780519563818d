/** What happens without anybody clicking here: other tabs, the clock, the time nobody has been there. */
import { h } from "../dom.js";

export function live({ auth, settings, happenings }) {
  const status = h("dd");
  const clock = h("dd");
  const idle = h("dd");
  const log = h("ol", { class: "log" });
  const draw = () => {
    const { skew, idleUntil } = happenings.figures;
    const left = idleUntil && Math.max(0, Math.ceil((idleUntil - Date.now()) / 1000));
    put(status, { "signed-in": "Signed in", "signing-in": "Signing in", "signed-out": "Signed out", stale: "Provider out of reach" }[auth.state.status]);
    put(clock, skew ? `${Math.abs(skew)} s ${skew > 0 ? "ahead" : "behind"}` : auth.user ? "within tolerance" : "not known yet");
    put(idle, left ? `ends in ${left} s` : `ends after ${minutes(settings.idleTimeout)}`);
    idle.dataset.state = left ? "soon" : "";
  };
  const list = () => log.replaceChildren(...(happenings.list.length === 0
    ? [h("li", { class: "empty" }, "Nothing yet. Sign in or out in another tab, or wait.")]
    : happenings.list.map(({ at, kind, text }) => h("li", { "data-kind": kind },
      h("time", { datetime: at.toISOString() }, at.toLocaleTimeString()), h("span", {}, text)))));
  const unwatch = happenings.watch(() => (list(), draw()));
  const timer = setInterval(draw, 500);
  list();
  draw();
  return {
    element: h("section", { class: "card live", "aria-labelledby": "live" },
      h("header", {}, h("h2", { id: "live" }, "As it happens")),
      h("dl", { class: "figures" },
        h("div", {}, h("dt", {}, "Session"), status),
        h("div", {}, h("dt", {}, "Provider's clock"), clock),
        h("div", {}, h("dt", {}, "Without activity"), idle)),
      log),
    update: draw,
    leave() {
      unwatch();
      clearInterval(timer);
    },
  };
}

const minutes = (seconds) => (seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
