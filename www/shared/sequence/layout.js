/**
 * Where everything in a sequence diagram stands. Pure: a diagram, a width and a ruler in, numbers out.
 *
 * A diagram is `{ participants: [{ id, label }], steps }`, as the library's previews, reports and traces
 * have them: `{ step, from, to, detail?, request?, answer? }`, with a `note` beside its name and `failed` if they
 * are there.
 */
import { linesOf } from "./lines.js";

const MARGIN = 1;
const HEAD = { padding: 10, line: 17, gap: 22 };
const STEP = { label: 17, toArrow: 9, loop: 16, toCard: 12, gap: 26 };
const CARD = { padding: 10, line: 18, space: 6, least: 340 };

/**
 * @param {{ participants: object[], steps: object[] }} diagram
 * @param {number} width in pixels, all of which is used
 * @param {{ label(text: string): number, mono: number, small: number }} ruler width of a label's text; of one
 *   character of a detail, and of a participant's address
 */
export function layOut({ participants, steps }, width, ruler) {
  const between = width < 480 ? 5 : 10;
  const column = (width - 2 * MARGIN + between) / Math.max(1, participants.length);
  const middle = new Map(participants.map(({ id }, index) => [id, MARGIN + column * (index + 0.5) - between / 2]));
  const heads = participants.map((participant) => head(participant, middle.get(participant.id), column - between, ruler));
  const headHeight = Math.max(0, ...heads.map(({ height }) => height));
  let y = headHeight + HEAD.gap;
  const asked = new Map();
  const rows = steps
    .filter(({ from, to }) => middle.has(from) && middle.has(to))
    .map((step, index) => {
      const row = rowOf(step, index, y);
      y = row.bottom + STEP.gap;
      return row;
    });
  const bottom = Math.max(headHeight + HEAD.gap, y - STEP.gap + 14);
  return {
    width,
    height: bottom,
    heads: heads.map((each) => ({ ...each, height: headHeight })),
    lines: heads.map(({ x }) => ({ x, from: headHeight, to: bottom })),
    rows,
  };

  function rowOf(step, index, top) {
    const from = middle.get(step.from);
    const to = middle.get(step.to);
    const isLoop = from === to;
    // a loop points back at its own line, from the side that has room
    const side = isLoop && from + column > width && participants.length > 1 ? -1 : 1;
    const half = ruler.label(`${index + 1}  ${step.step}  ${step.note ?? ""}`) / 2;
    const at = isLoop ? from + side * (half + 4) : (from + to) / 2;
    const label = { x: clamp(at, half + MARGIN, width - half - MARGIN), y: top + STEP.label - 4, number: index + 1, text: step.step, note: step.note ?? "" };
    const arrowY = top + STEP.label + STEP.toArrow;
    const ends = isLoop ? arrowY + STEP.loop : arrowY;
    const card = cardOf(step, Math.min(from, to), Math.max(from, to), ends + STEP.toCard);
    return {
      key: `${index} ${step.from} ${step.to}`,
      failed: !!step.failed,
      isAnswer: isAnswer(step),
      label,
      arrow: isLoop ? loop(from, arrowY, side) : arrow(from, to, arrowY),
      card,
      bottom: card ? card.y + card.height : ends,
    };
  }

  /** What comes back on the way that a request went, or a step of the same name. */
  function isAnswer({ step, request, from, to }) {
    const question = asked.get(`${to} ${from}`);
    if (from !== to && !request && question && (question.request || question.step === step)) return asked.delete(`${to} ${from}`);
    asked.set(`${from} ${to}`, { step, request });
    return false;
  }

  function cardOf(step, left, right, y) {
    const room = Math.min(width - 2 * MARGIN, Math.max(right - left + column - between, Math.min(CARD.least, width - 2 * MARGIN)));
    const characters = Math.floor((room - 2 * CARD.padding) / ruler.mono);
    const lines = linesOf(step, characters);
    if (lines.length === 0) return undefined;
    let lineY = CARD.padding + 12;
    const placed = lines.map((line, index) => {
      if (line.kind === "heading" && index > 0) lineY += CARD.space;
      const placedLine = { ...line, y: lineY };
      lineY += CARD.line;
      return placedLine;
    });
    const x = clamp((left + right) / 2 - room / 2, MARGIN, width - MARGIN - room);
    return { x, y, width: room, height: lineY - CARD.line + CARD.padding + 4, padding: CARD.padding, lines: placed };
  }
}

/** A participant's box: its name, and its address below where it has one. */
function head({ id, label }, x, width, ruler) {
  const [name, ...rest] = label.split(" ");
  const address = rest.join(" ").replace(/^https?:\/\//, "");
  const room = Math.max(4, Math.floor((width - 8) / ruler.small));
  const size = Math.max(9, Math.min(13, 13 * ((width - 6) / ruler.label(name))));
  const lines = [{ text: name, size }, ...broken(address, room).slice(0, 3).map((text) => ({ text }))];
  const placed = lines.map((line, index) => ({ ...line, y: HEAD.padding + 12 + index * HEAD.line }));
  return { id, label, x, width, height: 2 * HEAD.padding + lines.length * HEAD.line - 2, lines: placed };
}

/** An address in pieces of at most `room` characters, parted at its dots and colons if possible. */
function broken(text, room) {
  const pieces = [];
  for (let rest = text; rest; ) {
    const cut = rest.length <= room ? rest.length : Math.max(...[".", ":", "-"].map((mark) => rest.lastIndexOf(mark, room - 1)));
    const end = cut > 0 ? cut : room;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return pieces;
}

const arrow = (from, to, y) => ({ path: `M${from} ${y}H${to - Math.sign(to - from) * 1.5}` });

const loop = (x, y, side) => ({ path: `M${x} ${y}h${side * 26}v${STEP.loop}H${x + side * 1.5}` });

const clamp = (value, least, most) => Math.max(least, Math.min(value, Math.max(least, most)));
