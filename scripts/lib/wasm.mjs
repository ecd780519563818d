// WebAssembly files as lists of sections: enough to read and rename what the build needs.
// Section ids and encodings: WebAssembly Core Specification, chapter 5.

export const SECTION = { custom: 0, import: 2, export: 7, code: 10, data: 11 };
const HEADER = 8;
const text = new TextDecoder();

/** Reads a file's sections in order: `{ id, name, body }`, where only custom sections have a name. */
export function readSections(bytes) {
  const sections = [];
  const reader = new Reader(bytes, HEADER);
  while (!reader.done) {
    const id = reader.byte();
    const section = new Reader(reader.take(reader.u32()));
    const name = id === SECTION.custom ? section.string() : undefined;
    sections.push({ id, name, body: section.rest() });
  }
  return sections;
}

/** Writes sections as `readSections` gives them. */
export function writeSections(sections) {
  const parts = [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)];
  for (const { id, name, body } of sections) {
    const content = name === undefined ? [body] : [encodeString(name), body];
    parts.push(Uint8Array.of(id), ...sized(content));
  }
  return Buffer.concat(parts);
}

/**
 * Makes a compiler's output announce `features` and no others. The precompiled standard library
 * announces reference types even when our own code is compiled without them, and wasm-bindgen
 * chooses its glue by what is announced.
 */
export function announceFeatures(bytes, features) {
  const body = Buffer.concat([
    encodeU32(features.length),
    ...features.flatMap((feature) => [Buffer.from("+"), encodeString(feature)]),
  ]);
  const sections = readSections(bytes).filter(({ name }) => name !== "target_features");
  return writeSections([...sections, { id: SECTION.custom, name: "target_features", body }]);
}

/** The sections without names and other custom ones: what runs, and nothing else. */
export function dropCustomSections(sections) {
  return sections.filter(({ id }) => id !== SECTION.custom);
}

/** Key of an import in `names.imports` of `renameBoundary`. */
export const importKey = (module, name) => JSON.stringify([module, name]);

/**
 * Renames what crosses the module's boundary. `names` is `{ module, imports, exports }`: the one
 * module name that every import then has, and two maps from old names (`importKey` for imports) to
 * new ones. Exports without a new name are dropped.
 */
export function renameBoundary(bytes, names) {
  const rewrite = {
    [SECTION.import]: (reader) => {
      const name = names.imports.get(importKey(reader.string(), reader.string()));
      return [encodeString(names.module), encodeString(name), reader.importType()];
    },
    [SECTION.export]: (reader) => {
      const name = names.exports.get(reader.string());
      const target = [reader.take(1), encodeU32(reader.u32())];
      return name === undefined ? [] : [encodeString(name), ...target];
    },
  };
  const sections = readSections(bytes).map((section) => {
    const entry = rewrite[section.id];
    if (!entry) return section;
    const reader = new Reader(section.body);
    const entries = Array.from({ length: reader.u32() }, () => entry(reader));
    const kept = entries.filter((parts) => parts.length > 0);
    return { ...section, body: Buffer.concat([encodeU32(kept.length), ...kept.flat()]) };
  });
  return writeSections(sections);
}

/** Sizes of the functions in the code section, by index, and their names where a name section has them. */
export function functionSizes(bytes) {
  const sections = readSections(bytes);
  const imported = countImportedFunctions(sections);
  const names = functionNames(sections);
  const code = sections.find(({ id }) => id === SECTION.code);
  const reader = new Reader(code?.body ?? Uint8Array.of(0));
  const count = reader.u32();
  return Array.from({ length: count }, (_, i) => {
    const size = reader.u32();
    reader.take(size);
    return { name: names.get(imported + i) ?? `function ${imported + i}`, size };
  });
}

/** Views of the data section's `body`, one per segment, with the address that each is copied to. */
export function readSegments(body) {
  const reader = new Reader(body);
  return Array.from({ length: reader.u32() }, () => {
    if (reader.u32() !== 0 || reader.byte() !== I32_CONST) {
      throw new Error("the module has a data segment of another kind than the linker writes");
    }
    const address = reader.s32();
    reader.byte(); // end of the address expression
    return { address, bytes: reader.take(reader.u32()) };
  });
}

const I32_CONST = 0x41;

/** Memory as it is when the module starts, up to its last byte that is not zero. */
export function initialMemory(bytes) {
  const { body } = readSections(bytes).find(({ id }) => id === SECTION.data);
  const segments = readSegments(body);
  const memory = new Uint8Array(Math.max(...segments.map(({ address, bytes }) => address + bytes.length)) + 16);
  for (const { address, bytes } of segments) memory.set(bytes, address);
  return memory;
}

function countImportedFunctions(sections) {
  const section = sections.find(({ id }) => id === SECTION.import);
  if (!section) return 0;
  const reader = new Reader(section.body);
  let functions = 0;
  for (let left = reader.u32(); left > 0; left--) {
    reader.string();
    reader.string();
    if (reader.importType()[0] === 0) functions += 1;
  }
  return functions;
}

function functionNames(sections) {
  const names = new Map();
  const section = sections.find(({ name }) => name === "name");
  const reader = new Reader(section?.body ?? new Uint8Array());
  while (!reader.done) {
    const isFunctions = reader.byte() === 1;
    const part = new Reader(reader.take(reader.u32()));
    if (!isFunctions) continue;
    for (let left = part.u32(); left > 0; left--) names.set(part.u32(), part.string());
  }
  return names;
}

/** Reads the encodings of the binary format from `bytes`, from `at` on. */
export class Reader {
  #bytes;
  #at;
  constructor(bytes, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }
  get done() {
    return this.#at >= this.#bytes.length;
  }
  byte() {
    if (this.done) throw new Error("the WebAssembly file ends in the middle of a section");
    return this.#bytes[this.#at++];
  }
  take(length) {
    if (this.#at + length > this.#bytes.length) {
      throw new Error("the WebAssembly file ends in the middle of a section");
    }
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }
  rest() {
    return this.take(this.#bytes.length - this.#at);
  }
  /** The bytes of one integer (LEB128), of whatever size and sign. */
  integer() {
    const start = this.#at;
    while (this.byte() >= 0x80);
    return this.#bytes.subarray(start, this.#at);
  }
  /** LEB128, unsigned, at most 32 bits. */
  u32() {
    return unsigned(this.integer());
  }
  /** LEB128, signed, 32 bits. */
  s32() {
    const bytes = this.integer();
    const above = Math.max(32 - 7 * bytes.length, 0); // bits, which are all as the sign
    return (unsigned(bytes) << above) >> above;
  }
  string() {
    return text.decode(this.take(this.u32()));
  }
  /** The type part of an import, as bytes; the first one is its kind. */
  importType() {
    const start = this.#at;
    const kind = this.byte();
    if (kind === 0) {
      this.u32(); // function: type index
    } else if (kind === 3) {
      this.take(2); // global: value type, mutability
    } else {
      if (kind === 1) this.byte(); // table: element type, then limits as for a memory
      const hasMaximum = (this.byte() & 1) === 1;
      this.u32();
      if (hasMaximum) this.u32();
    }
    return this.#bytes.subarray(start, this.#at);
  }
}

/** What the bytes of an integer mean, if it is unsigned and has at most 32 bits. */
export function unsigned(bytes) {
  return bytes.reduce((value, byte, at) => value | ((byte & 0x7f) << (7 * at)), 0) >>> 0;
}

function encodeU32(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, value);
}

function encodeString(string) {
  const bytes = Buffer.from(string);
  return Buffer.concat([encodeU32(bytes.length), bytes]);
}

function sized(parts) {
  return [encodeU32(parts.reduce((sum, part) => sum + part.length, 0)), ...parts];
}
