/** The trace as a sequence diagram: the same events, drawn. */
import { sequenceDiagram } from "/sequence/sequence.js";

const PARTIES = [
  ["portal", "Portal"], ["portcullis", "Portcullis"], ["storage", "Storage"], ["provider", "Provider"], ["api", "API"],
];

/** @returns `{ element, update(events) }` */
export function traceDiagram() {
  const { element, draw } = sequenceDiagram({ label: "Trace" });
  return {
    element,
    update(events) {
      const used = new Set(events.flatMap(({ from, to }) => [from, to]));
      const others = [...used].filter((id) => !PARTIES.some(([known]) => known === id)).map((id) => [id, id]);
      const participants = [...PARTIES, ...others].filter(([id]) => used.has(id)).map(([id, label]) => ({ id, label }));
      draw({ participants, steps: events.map(drawn) });
    },
  };
}

/** What every event has stands beside its name, the rest below it. */
function drawn({ detail: { method, status, code, ms, ...detail }, ...event }) {
  const note = [method, status, code, ms !== undefined && `${ms} ms`].filter((part) => part || part === 0).join(" · ");
  return { ...event, detail, note, failed: code !== undefined || status >= 400 };
}
