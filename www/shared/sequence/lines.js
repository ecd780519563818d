/** What a step sends or answers, as lines of at most so many characters. */

/** A value's own column begins here at the latest; longer names get a line of their own. */
const WIDEST_NAME = 22;

/**
 * @returns lines: `{ kind: "request", method, text }`, `{ kind: "heading", text }`, or
 *   `{ kind: "entry", name, value, indent }` where the value stands `indent` characters in
 */
export function linesOf({ request, answer, detail = {} }, characters) {
  const lines = [];
  if (request) {
    const { address, parameters } = parted(request.url);
    const [first, ...rest] = wrapped(`${request.method} ${address}`, characters);
    lines.push({ kind: "request", method: request.method, text: first.slice(request.method.length + 1) });
    for (const text of rest) lines.push({ kind: "request", text });
    entries("query", parameters);
    entries("headers", request.headers);
    entries(request.bodyType ? `body, ${request.bodyType === "json" ? "JSON" : "form"}` : "body", request.body);
  }
  if (answer) entries("answer", [{ name: "status", value: answer.status }, { name: "content-type", value: answer.contentType }]);
  entries("", Object.entries(detail).filter(([name]) => !(answer && name === "status")).map(([name, value]) => ({ name, value })));
  return lines;

  function entries(heading, list = []) {
    if (list.length === 0) return;
    if (heading) lines.push({ kind: "heading", text: heading });
    const widest = Math.min(WIDEST_NAME, Math.floor(characters * 0.45));
    const indent = Math.min(widest, Math.max(...list.map(({ name }) => name.length))) + 2;
    for (const { name, value } of list) {
      const pieces = wrapped(String(value), characters - indent);
      const fits = name.length + 2 <= indent;
      const names = fits ? [name] : wrapped(name, characters);
      names.forEach((piece, index) => {
        const isLast = index === names.length - 1;
        lines.push({ kind: "entry", name: piece, value: isLast && fits ? pieces.shift() : "", indent });
      });
      for (const piece of pieces) lines.push({ kind: "entry", name: "", value: piece, indent });
    }
  }
}

/** A URL without its query, and the query's parameters as people read them. */
export function parted(url) {
  const [address, query] = url.split(/\?(.*)/s);
  const parameters = (query ?? "").split("&").filter(Boolean).map((pair) => {
    const [name, value = ""] = pair.split(/=(.*)/s).map(decoded);
    return { name, value };
  });
  return { address, parameters };
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Text in pieces of at most `characters`, broken after a space or a mark where there is one late enough. */
export function wrapped(text, characters) {
  const most = Math.max(8, characters);
  const pieces = [];
  let rest = text;
  while (rest.length > most) {
    const [start] = /^.*[\s/?&=.,:;)›-](?=\S)/s.exec(rest.slice(0, most + 1)) ?? [""];
    const end = start.length > most / 2 && start.length <= most ? start.length : most;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  pieces.push(rest);
  return pieces;
}
