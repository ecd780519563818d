/** The trace as a sequence diagram: the same events, drawn. */
import { sequenceDiagram } from "/sequence/sequence.js";

const PARTIES = [["portal", "Portal"], ["portcullis", "Portcullis"], ["provider", "Provider"]];

/** @returns `{ element, update(events) }` */
export function traceDiagram() {
  const { element, draw } = sequenceDiagram({ label: "Trace" });
  return {
    element,
    update(events) {
      const others = [...new Set(events.flatMap(({ from, to }) => [from, to]))].filter((id) => !PARTIES.some(([known]) => known === id));
      const participants = [...PARTIES, ...others.map((id) => [id, id])].map(([id, label]) => ({ id, label }));
      element.hidden = events.length === 0;
      draw({ participants, steps: events.map((event) => ({ ...event, failed: hasFailed(event) })) });
    },
  };
}

const hasFailed = ({ detail }) => detail.code !== undefined || detail.status >= 400;
