/** Connections as text: what goes out holds no secret, what comes in holds nothing that the form does not know. */
import { applicable, CONNECTION, GATE } from "./fields.js";

/** Shorter texts are found anywhere. */
const TELLING = 5;

/**
 * The data as JSON. What stands in it although it is a secret becomes a template, or nothing.
 *
 * @param {object} data
 * @param {Record<string, string>} secrets by name
 * @param {{ field: string, message: string }[]} problems those of the data
 */
export function written(data, secrets, problems) {
  const copy = structuredClone(data);
  for (const { field, message } of problems) if (/^is a secret/.test(message)) blank(copy, field);
  const known = Object.entries(secrets).filter(([, value]) => value.length >= TELLING)
    .sort(([, one], [, other]) => other.length - one.length);
  const clean = (text) => known.reduce((rest, [name, value]) => rest.replaceAll(value, `%[${name}]`), text);
  return `${JSON.stringify(copy, (_, value) => (typeof value === "string" ? clean(value) : value), 2)}\n`;
}

/** Empties what a path such as `tokenRequest[2].value` leads to. */
function blank(data, path) {
  const steps = path.split(/[.[\]]+/).filter(Boolean);
  const name = steps.pop();
  const holder = steps.reduce((value, step) => value?.[step], data);
  if (holder && typeof holder === "object" && name in holder) holder[name] = "";
}

/**
 * Reads what `written` wrote, or a preset. Throws with a sentence for people.
 *
 * @returns `{ kind, data, left }`; `left` names what was left out
 */
export function read(text) {
  const found = parse(text);
  if (found === null || typeof found !== "object" || Array.isArray(found)) throw new Error("That is not a connection: it has to be a JSON object.");
  const whole = found.connection ?? found.gate ?? found;
  const kind = found.gate || "baseUrl" in whole ? "gate" : "connection";
  const fields = (kind === "gate" ? GATE : CONNECTION).flatMap((section) => section.fields);
  const known = new Set([...fields.map(({ name }) => name), ...(kind === "connection" ? ["secrets"] : [])]);
  const left = Object.keys(whole).filter((name) => !known.has(name));
  if (left.length === Object.keys(whole).length) throw new Error("That is not a connection: none of its members is known here.");
  return { kind, data: Object.fromEntries(Object.entries(whole).filter(([name]) => known.has(name))), left };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("That is not JSON.");
  }
}

/** The data of a form as it is sent and written. */
export const dataOf = (kind, data) => ({
  ...applicable(kind === "gate" ? GATE : CONNECTION, data),
  ...(kind === "connection" && data.secrets && { secrets: data.secrets }),
});
