/** The time an access token has left, as a ring that runs down. */
import { h, svg } from "./dom.js";

const RADIUS = 52;
const AROUND = 2 * Math.PI * RADIUS;

/** `lifetime` is what a whole ring stands for, in seconds. Call `set(expiresAt)` on each change, `stop()` at the end. */
export function lifetime(lifetime) {
  const arc = svg("circle", { class: "arc", cx: 60, cy: 60, r: RADIUS, pathLength: AROUND, "stroke-dasharray": AROUND });
  const left = h("span", { class: "left" });
  const note = h("p", { class: "until" });
  const element = h("div", { class: "lifetime" },
    h("div", { class: "ring" },
      svg("svg", { viewBox: "0 0 120 120", "aria-hidden": "true" },
        svg("circle", { class: "track", cx: 60, cy: 60, r: RADIUS }), arc),
      left),
    note);
  let expiresAt = null;
  const timer = setInterval(draw, 250);

  function draw() {
    const seconds = Math.max(0, Math.ceil((expiresAt ?? 0) - Date.now() / 1000));
    const share = Math.min(1, seconds / lifetime);
    arc.setAttribute("stroke-dashoffset", String(AROUND * (1 - share)));
    element.dataset.state = seconds === 0 ? "over" : seconds <= 30 ? "soon" : "fresh";
    put(left, expiresAt === null ? "–" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
    put(note, words(seconds));
  }

  function words(seconds) {
    if (expiresAt === null) return "The provider did not say how long the token lasts.";
    if (seconds === 0) return "Over. The next call renews it.";
    const until = new Date(expiresAt * 1000).toLocaleTimeString();
    return seconds <= 30 ? `Until ${until}. The next call renews it first.` : `Valid until ${until}.`;
  }

  return {
    element,
    set(next) {
      expiresAt = next;
      draw();
    },
    stop: () => clearInterval(timer),
  };
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
