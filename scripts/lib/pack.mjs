// Takes a module's code apart, so that what is alike lies together and gzip finds it: opcodes with
// opcodes, and the operands of each opcode by themselves. That is worth a sixth of what is loaded.
// `pkg/unpack.ts` puts it together again, byte for byte.
//
// A packed module begins with lengths, 32 bits each, little-endian. The first is that of the module itself, the
// others are those of the parts that follow:
//
//   what comes before the first function
//   what comes after the last
//   the opcodes, in order, one byte each; PREFIX + n for the byte 0xfc and then n
//   for each value of an opcode byte: its first operands; its further operands; of both, what comes after
//   the first byte of each, if they are parted
//
// A page may meet a file of another build than the one that unpacks it, and tells by the sum of the lengths: who
// packs otherwise has another number of parts.
//
// The declarations of locals, which a function begins with, are the operands of an opcode that is not
// among the opcodes: LOCALS. Opcodes and encodings: WebAssembly Core Specification, chapter 5.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./run.mjs";
import { Reader, SECTION, readSections, unsigned, writeSections } from "./wasm.mjs";

const BR_TABLE = 0x0e;
const I32_CONST = 0x41;
const F64_CONST = 0x44;
const PREFIXED = 0xfc;
/** No opcode without a prefix that is as large is known here, and no prefixed one beyond 31. */
const PREFIX = 0xe0;
const LOCALS = 0xff;

/** Opcodes whose operands are not parted: those of the first are smaller so, those of the other are no integers. */
const WHOLE = [I32_CONST, F64_CONST];

/** How many LEB128 operands the opcodes have, from the first up to the last of each range. */
const OPERANDS = [
  [0x00, 0x01, 0], // unreachable, nop
  [0x02, 0x04, 1], // block, loop, if
  [0x05, 0x05, 0], // else
  [0x0b, 0x0b, 0], // end
  [0x0c, 0x0d, 1], // br, br_if
  [0x0f, 0x0f, 0], // return
  [0x10, 0x10, 1], // call
  [0x11, 0x11, 2], // call_indirect
  [0x1a, 0x1b, 0], // drop, select
  [0x20, 0x24, 1], // locals and globals
  [0x28, 0x3e, 2], // loads and stores
  [0x3f, 0x40, 1], // memory.size, memory.grow
  [0x41, 0x42, 1], // i32.const, i64.const
  [0x45, 0xc4, 0], // what takes operands from the stack alone
  [PREFIX, PREFIX + 7, 0], // conversions that saturate
  [PREFIX + 10, PREFIX + 10, 2], // memory.copy
  [PREFIX + 11, PREFIX + 11, 1], // memory.fill
];

/** The module `bytes`, packed; throws where it holds what is not known here, or cannot be unpacked. */
export async function packModule(bytes) {
  const packed = pack(bytes);
  const { unpack } = await unpacker();
  if (!bytes.equals(unpack(Uint8Array.from(packed).buffer))) throw new Error("the module comes back as another from being packed");
  return packed;
}

/** `pkg/unpack.ts`, as it is in the package. */
export async function unpacker() {
  const { transform } = await import("esbuild");
  const { code } = await transform(await readFile(join(root, "pkg/unpack.ts"), "utf8"), { loader: "ts" });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

function pack(bytes) {
  const { before, code, after } = around(bytes);
  const opcodes = [];
  const operands = Array.from({ length: 3 * 256 }, () => []);
  const reader = new Reader(code);
  reader.u32(); // how many functions there are, which is in `before`
  while (!reader.done) {
    readFunction(new Reader(reader.take(reader.u32())), opcodes, (opcode, operand, isFurther) => {
      const whole = WHOLE.includes(opcode) ? operand.length : 1;
      operands[3 * opcode + Number(isFurther)].push(...operand.slice(0, whole));
      operands[3 * opcode + 2].push(...operand.slice(whole));
    });
  }
  const parts = [before, after, opcodes, ...operands].map((part) => Buffer.from(part));
  const lengths = new Uint32Array([bytes.length, ...parts.map(({ length }) => length)]);
  return Buffer.concat([Buffer.from(lengths.buffer), ...parts]);
}

/** What comes before the first function, the body of the code section, and what comes after the last function. */
function around(bytes) {
  const sections = readSections(bytes);
  const at = sections.findIndex(({ id }) => id === SECTION.code);
  const code = sections[at].body;
  const functions = new Reader(code);
  functions.u32();
  const end = writeSections(sections.slice(0, at + 1)).length;
  return { before: bytes.subarray(0, end - functions.rest().length), code, after: bytes.subarray(end) };
}

/** Tells `put` of each operand in a function, and puts its opcodes into `opcodes`. */
function readFunction(reader, opcodes, put) {
  const groups = reader.integer();
  put(LOCALS, groups, false);
  for (let left = 2 * unsigned(groups); left > 0; left--) put(LOCALS, reader.integer(), true);
  while (!reader.done) {
    const byte = reader.byte();
    const opcode = byte === PREFIXED ? PREFIX + reader.u32() : byte;
    opcodes.push(opcode);
    if (byte === BR_TABLE) {
      const labels = reader.integer();
      put(opcode, labels, false);
      for (let left = unsigned(labels) + 1; left > 0; left--) put(opcode, reader.integer(), true);
    } else if (byte === F64_CONST) {
      put(opcode, reader.take(8), false);
    } else {
      for (let left = operandsOf(opcode), isFurther = false; left > 0; left--, isFurther = true) {
        put(opcode, reader.integer(), isFurther);
      }
    }
  }
}

function operandsOf(opcode) {
  const [, , operands] = OPERANDS.find(([first, last]) => opcode >= first && opcode <= last) ?? [];
  if (operands === undefined) throw new Error(`the module has an instruction that cannot be packed: 0x${opcode.toString(16)}`);
  return operands;
}
