/** Options on their way into the module: their own members, as JSON text. */

import { Failure } from "./errors.js";

/** Memory of the module never shrinks: longer text is refused before it gets there. */
const longest = 1 << 20;

/**
 * The own members of `options` as JSON, those named in `aside` left out. What a page's scripts
 * did to `Object.prototype` (inherited members, `toJSON`) has no effect.
 *
 * Throws `config_invalid` for what JSON cannot express and for more than 1 MiB.
 */
export function encode(options: object | undefined, ...aside: string[]): string {
  let cause;
  try {
    const own = Object.entries(options ?? {}).filter(([key]) => !aside.includes(key))
      // the application's: it serialises as that says, and the module reads less than all that is JSON
      .map(([key, value]) => [key, key === "appState" ? JSON.stringify(value) : value]);
    const json = JSON.stringify(bare(Object.fromEntries(own)));
    if (json.length <= longest) return json;
  } catch (thrown) {
    cause = thrown;
  }
  throw new Failure("config_invalid", "options", cause);
}

/**
 * The own members of a key set as JSON, cut where the module reads no further. Throws
 * `config_invalid` for what JSON cannot express.
 */
export function encodeKeys(keys: unknown): string {
  try {
    return `${JSON.stringify(bare(keys))}`.slice(0, longest + 1);
  } catch (cause) {
    throw new Failure("config_invalid", "keys", cause);
  }
}

/**
 * A copy that inherits nothing. A number that is none would come out as null, and a limit that could not be
 * computed as no limit.
 */
function bare(value: unknown, key?: string): unknown {
  if (typeof value === "number" && !isFinite(value)) throw new RangeError(`${key} is ${value}`);
  if (typeof value !== "object" || !value) return value;
  const copy = Array.isArray(value)
    ? value.map((item) => bare(item))
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bare(member, name)]));
  return Object.setPrototypeOf(copy, null);
}
