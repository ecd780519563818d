// Blanks what panics would report: source locations, and the texts of core and alloc. The shipped
// module's panic handler is a trap and reads neither, but the compiler leaves them in the data: about
// 2 % of what is downloaded.
import { SECTION, readSegments } from "./wasm.mjs";

// `core::panic::Location` on wasm32: file pointer, file length, line, column, four bytes each.
const SIZE = 16;
const MAX_PATH = 200;
const MAX_LINE = 100_000;
const MAX_COLUMN = 1_000;

/** Texts that the standard library panics with, as far as they were found in the module. */
const MESSAGES = [
  "copy_from_slice: source slice length (",
  ") does not match destination slice length (",
  "insertion index (is ",
  ") should be <= len (is ",
  "mid > len",
  "capacity overflow",
  "Tried to shrink to a larger capacity",
  "`async fn` resumed after completion",
].map((text) => Buffer.from(text));

/** The sections with every message, every location, and every source path that one points to, overwritten with zeros. */
export function blankLocations(sections) {
  return sections.map((section) => {
    if (section.id !== SECTION.data) return section;
    const body = Uint8Array.from(section.body);
    const segments = readSegments(body);
    const found = segments.flatMap(({ bytes }) => [...locationsIn(bytes, segments), ...messagesIn(bytes)]);
    for (const bytes of found) bytes.fill(0);
    return { ...section, body };
  });
}

function locationsIn(bytes, segments) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  for (let at = 0; at + SIZE <= bytes.length; at += 1) {
    const [pointer, length, line, column] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, true));
    if (length > MAX_PATH || line === 0 || line > MAX_LINE || column === 0 || column > MAX_COLUMN) continue;
    const path = slice(segments, pointer, length);
    if (path && /^[\w./-]+\.rs$/.test(String.fromCharCode(...path))) {
      found.push(bytes.subarray(at, at + SIZE), path);
    }
  }
  return found;
}

function messagesIn(bytes) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return MESSAGES.flatMap((message) => {
    const at = buffer.indexOf(message);
    return at < 0 ? [] : [bytes.subarray(at, at + message.length)];
  });
}

/** The bytes at an address, if one segment holds all of them. */
function slice(segments, address, length) {
  const segment = segments.find(({ address: start, bytes }) => {
    return start <= address && address + length <= start + bytes.length;
  });
  return segment?.bytes.subarray(address - segment.address, address - segment.address + length);
}
