/**
 * A sequence diagram that is redrawn in place: what stays the same is not touched. Drawn with attributes
 * alone, so that a policy without inline styles lets it be. Beside it stand the same steps as a list.
 */
import { select } from "/vendor/d3-selection.js";

import { h } from "../dom.js";
import { layOut } from "./layout.js";
import { parted } from "./lines.js";

/** @returns `{ element, draw(diagram) }`; a diagram is what `layOut` takes */
export function sequenceDiagram({ label = "Sequence diagram" } = {}) {
  const canvas = h("div", { class: "sequence-canvas" });
  const list = h("ol", { class: "sequence-steps" });
  const text = h("details", { class: "sequence-text", ontoggle: tell }, h("summary", {}, "The steps as text"), list);
  const element = h("figure", { class: "sequence" }, canvas, text);
  const svg = select(canvas).append("svg").attr("role", "img").attr("class", "sequence-svg");
  // Definitions are found by identifier in the whole document.
  const head = `sequence-head-${crypto.randomUUID()}`;
  svg.append("defs").append("marker").attr("id", head).attr("viewBox", "0 0 8 8").attr("refX", 7).attr("refY", 4)
    .attr("markerWidth", 8).attr("markerHeight", 8).attr("markerUnits", "userSpaceOnUse").attr("orient", "auto-start-reverse")
    .append("path").attr("class", "sequence-head").attr("d", "M0 .5 7.5 4 0 7.5Z");
  for (const layer of ["lifelines", "heads", "rows"]) svg.append("g").attr("class", layer);

  let diagram;
  let ruler;
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (Math.round(contentRect.width) === width) return;
    width = Math.round(contentRect.width);
    show();
  }).observe(canvas);
  return {
    element,
    draw(next) {
      diagram = next;
      element.hidden = next.steps.length === 0;
      width ||= Math.round(canvas.clientWidth);
      show();
      describe();
    },
  };

  function show() {
    if (!diagram || width === 0) return;
    ruler ??= rulerFor(canvas);
    const { height, heads, lines, rows } = layOut(diagram, width, ruler);
    svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);
    svg.select(".lifelines").selectAll("line").data(lines).join("line")
      .attr("x1", ({ x }) => x).attr("x2", ({ x }) => x).attr("y1", ({ from }) => from).attr("y2", ({ to }) => to);
    const boxes = svg.select(".heads").selectAll("g").data(heads, ({ id }) => id).join((entering) => {
      const group = entering.append("g");
      group.append("title");
      group.append("rect").attr("rx", 8);
      return group;
    });
    boxes.select("title").text(({ label }) => label);
    boxes.select("rect").attr("x", ({ x, width }) => x - width / 2).attr("y", 1)
      .attr("width", (box) => box.width).attr("height", (box) => box.height - 1);
    boxes.selectAll("text").data(({ x, lines }) => lines.map((line) => ({ ...line, x }))).join("text")
      .attr("class", ({ size }) => (size ? "name" : "address")).attr("font-size", ({ size }) => size ?? 11)
      .attr("x", ({ x }) => x).attr("y", ({ y }) => y).text(({ text }) => text);
    svg.select(".rows").selectAll("g.row").data(rows, ({ key }) => key).join((entering) => {
      const group = entering.append("g");
      const text = group.append("text").attr("class", "label");
      text.append("tspan").attr("class", "number");
      text.append("tspan").attr("class", "what").attr("dx", 7);
      text.append("tspan").attr("class", "aside").attr("dx", 7);
      group.append("path").attr("class", "arrow").attr("marker-end", `url(#${head})`);
      return group;
    }).each(drawRow);
  }

  /** Rows are many and most stay as they are, so each remembers what it shows. */
  function drawRow(row) {
    const shown = JSON.stringify(row);
    if (this.shown === shown) return;
    this.shown = shown;
    const group = select(this).attr("class", row.failed ? "row failed" : "row");
    const { label, arrow, card } = row;
    const text = group.select(".label").attr("x", label.x).attr("y", label.y);
    text.select(".number").text(label.number);
    text.select(".what").text(label.text);
    text.select(".aside").text(label.note);
    group.select(".arrow").attr("d", arrow.path).classed("answer", row.isAnswer);
    const cards = group.selectAll("g.card").data(card ? [card] : []).join((entering) => {
      const box = entering.append("g").attr("class", "card");
      box.append("rect").attr("rx", 8);
      return box;
    }).attr("transform", ({ x, y }) => `translate(${x} ${y})`);
    cards.select("rect").attr("width", ({ width }) => width).attr("height", ({ height }) => height);
    cards.selectAll("text").data(({ lines, padding }) => lines.map((line) => ({ ...line, padding }))).join("text")
      .attr("class", ({ kind }) => kind).attr("x", ({ padding }) => padding).attr("y", ({ y }) => y)
      .selectAll("tspan").data(spans).join("tspan")
      .attr("class", (span) => span.as).attr("x", ({ x }) => x ?? null).text((span) => span.text);
  }

  /** The parts of a line, each with a look of its own. */
  function spans(line) {
    const { kind, padding } = line;
    if (kind === "heading") return [{ text: line.text }];
    if (kind === "request") {
      const { method, text } = line;
      return [...(method ? [{ as: "method", text: `${method} ` }] : []), ...marked(text)];
    }
    const value = marked(line.value ?? "");
    if (value[0]) value[0].x = padding + line.indent * ruler.mono;
    return [...(line.name ? [{ as: "key", text: line.name }] : []), ...value];
  }

  function describe() {
    const { participants, steps } = diagram;
    const all = participants.map(({ label }) => label.split(" ")[0]).join(", ");
    svg.attr("aria-label", `${label}: ${steps.length} steps among ${all}. The steps are below as text.`);
    tell();
  }

  /** Nobody hears what is folded away. */
  function tell() {
    if (!text.open || !diagram) return;
    const { participants, steps } = diagram;
    const names = new Map(participants.map(({ id, label }) => [id, label]));
    list.replaceChildren(...steps.map((step) => {
      const from = names.get(step.from) ?? step.from;
      const to = names.get(step.to) ?? step.to;
      return h("li", {}, h("strong", {}, step.step), step.from === step.to ? `, by ${from}` : `: ${from} to ${to}`, sentence(step));
    }));
  }
}

function sentence({ request, detail = {}, answer, note }) {
  const list = (entries = []) => entries.map(({ name, value }) => `${name}: ${value}`).join("; ");
  const { address, parameters } = request ? parted(request.url) : {};
  const parts = [
    note,
    request && `${request.method} ${address}`,
    list(parameters) && `query ${list(parameters)}`,
    list(request?.headers) && `headers ${list(request.headers)}`,
    list(request?.body) && `body ${list(request.body)}`,
    answer && `answered ${answer.status}`,
    list(Object.entries(detail).map(([name, value]) => ({ name, value }))),
  ].filter(Boolean);
  return parts.length ? h("span", {}, `. ${parts.join(". ")}.`) : null;
}

/** Text with its placeholders set apart. */
const marked = (text) => text.split(/(‹[^›]*›)/).filter(Boolean).map((part) =>
  ({ as: part.startsWith("‹") ? "placeholder" : "plain", text: part }));

/** Measures text in the fonts that the stylesheet says. */
function rulerFor(element) {
  const context = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(element);
  const known = new Map();
  const mono = (size) => {
    context.font = `${size} ${style.getPropertyValue("--mono")}`;
    return context.measureText("0".repeat(100)).width / 100;
  };
  const ruler = { mono: mono("12px"), small: mono("11px"), label };
  context.font = `600 13px ${style.fontFamily}`;
  return ruler;

  function label(text) {
    if (known.size > 500) known.clear();
    if (!known.has(text)) known.set(text, context.measureText(text).width + 4);
    return known.get(text);
  }
}
