/** The flow preview: what would be sent, drawn anew on each input. */
import { previewConnection } from "/portcullis/connect.js";
import { h } from "/dom.js";
import { sequenceDiagram } from "/sequence/sequence.js";

import { previewGate, validateGate } from "./gate.js";

/** @returns `{ element, draw(kind, data), forget() }`; `draw` resolves to what is wrong with the data */
export function preview() {
  const diagram = sequenceDiagram({ label: "OAuth flow preview" });
  const note = h("p", { class: "note", role: "status" });
  let turn = 0;
  let isDrawn = false;
  return {
    /** What is drawn is of another connection. */
    forget() {
      isDrawn = false;
    },
    element: h("section", { class: "card", "aria-labelledby": "preview-title" },
      h("header", {}, h("h2", { id: "preview-title" }, "OAuth flow preview"), note),
      diagram.element),
    async draw(kind, data) {
      const mine = (turn += 1);
      const start = performance.now();
      const [problems, drawing] = await (kind === "gate" ? gate(data) : connection(data));
      if (mine !== turn) return undefined;
      if (drawing || !isDrawn) diagram.draw(drawing ?? { participants: [], steps: [] });
      isDrawn ||= !!drawing;
      performance.measure("preview", { start });
      const words = problems.length ? `${problems.length} to mend${isDrawn ? "; drawn as it was before" : ""}` : "";
      if (note.textContent !== words) note.textContent = words;
      return problems;
    },
  };
}

/** The problems are those of `validateConnection`, and what only writing the requests brings to light. */
async function connection(data) {
  const { participants, steps, problems } = await previewConnection(data);
  return [problems, problems.length ? undefined : { participants, steps }];
}

async function gate(data) {
  const problems = await validateGate(data);
  return problems.length ? [problems] : [problems, previewGate(data)];
}
