/** Bytes of instructions: WebAssembly Core Specification, chapter 5. */
const IF = 0x04;
const END = 0x0b;
const BR_TABLE = 0x0e;
const F64_CONST = 0x44;
const PREFIXED = 0xfc;

/** The parts of a packed module, and what stands for the byte before an opcode there. */
const [BEFORE, AFTER, OPCODES, OPERANDS] = [0, 1, 2, 3];
const PARTS = OPERANDS + 3 * 256;
const LOCALS = PARTS - 3;
const PREFIX = 0xe0;

/**
 * Puts a packed module together again, byte for byte. `scripts/lib/pack.mjs` says how and why modules are
 * packed, and tries with each that this undoes it. Throws for what is packed in another way, as a file may be that
 * a redeployment left behind.
 */
export function unpack(packed: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packed);
  const [size] = new Uint32Array(packed, 0, 1);
  const lengths = new Uint32Array(packed, 4, PARTS);
  const module = new Uint8Array(size!);
  let end = 0;

  let start = 4 * (1 + PARTS);
  const at = lengths.map((length) => (start += length) - length);
  if (start !== packed.byteLength) throw new Error("a part of portcullis is of another build");
  const copy = (part: number, length: number) => {
    module.set(bytes.subarray(at[part], (at[part]! += length)), end);
    end += length;
  };
  /** Copies an integer in LEB128, an operand of what has its operands from `part` on; what it is, if it is unsigned. */
  const integer = (part: number, isFurther: number): number => {
    let from = part + isFurther;
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at[from]!++]!;
      module[end++] = byte;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
      if (lengths[part + 2]) from = part + 2;
    }
  };
  /** Copies an instruction; how much deeper in blocks the next one is. Small, as engines compile first what is called often. */
  const instruction = (): number => {
    const opcode = bytes[at[OPCODES]!++]!;
    if (opcode >= PREFIX) module[end++] = PREFIXED;
    module[end++] = opcode % PREFIX; // one without a prefix is less
    const part = OPERANDS + 3 * opcode;
    if (!lengths[part]) return opcode === END ? -1 : 0;
    if (opcode === F64_CONST) copy(part, 8);
    else {
      const first = integer(part, 0);
      if (lengths[part + 1]) for (let left = opcode === BR_TABLE ? first + 1 : 1; left--;) integer(part, 1);
    }
    return opcode <= IF ? 1 : 0; // the first with operands is `block`
  };

  copy(BEFORE, lengths[BEFORE]!);
  const last = at[OPCODES]! + lengths[OPCODES]!;
  while (at[OPCODES]! < last) {
    const body = end;
    for (let left = 2 * integer(LOCALS, 0); left--;) integer(LOCALS, 1);
    for (let depth = 1; depth;) depth += instruction();
    end = putLength(module, body, end);
  }
  copy(AFTER, lengths[AFTER]!);
  return module;
}

/** Moves what lies in `module` from `from` to `to`, and puts before it how long it is; says where it ends then. */
function putLength(module: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const encoded = [];
  for (let rest = length; encoded.length === 0 || rest; rest >>= 7) encoded.push((rest & 127) | (rest > 127 ? 128 : 0));
  module.copyWithin(from + encoded.length, from, to);
  module.set(encoded, from);
  return to + encoded.length;
}
