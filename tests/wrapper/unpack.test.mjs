/** Packed modules: whatever a module may hold comes back as it was, and what is not known is not packed. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";

import binaryen from "binaryen";

import { packModule, unpacker } from "../../scripts/lib/pack.mjs";
import { root } from "../../scripts/lib/run.mjs";
import { dropCustomSections, readSections, writeSections } from "../../scripts/lib/wasm.mjs";

const { unpack } = await unpacker();
const { MutableGlobals, BulkMemory, BulkMemoryOpt, NontrappingFPToInt, SignExt, Multivalue } = binaryen.Features;

const MEMORY = '(memory (export "m") 1)';

/** The module that is written as `items`, in binary, as the build has it. */
function assemble(items, features = MutableGlobals | BulkMemory | BulkMemoryOpt | NontrappingFPToInt | SignExt) {
  const parsed = binaryen.parseText(`(module ${items.includes(MEMORY) ? "" : MEMORY} ${items})`);
  parsed.setFeatures(features);
  return writeSections(dropCustomSections(readSections(Buffer.from(parsed.emitBinary()))));
}
const roundTrip = async (bytes) => Buffer.from(unpack(Uint8Array.from(await packModule(bytes)).buffer));

/** So many instructions that the function's length takes more bytes. */
const long = (times) => `(func (export "f${times}") ${"(drop (i32.load offset=300 (i32.const 70000)))".repeat(times)})`;

const modules = {
  "no more than a function that does nothing": "(func)",
  "blocks in blocks, loops and conditions": `(func (param i32) (result i32)
    (block $a (block $b (loop $c (br_if $a (local.get 0)) (br_if $c (i32.eqz (local.get 0)))) (br $b)))
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (if (result i32) (i32.const 2) (then (i32.const -1)) (else (unreachable))))))`,
  "tables of branches, the last label alone among them": `(func (param i32)
    (block $a (block $b (br_table $a $b $a $b (local.get 0))))
    (block $c (br_table $c (local.get 0))))`,
  "constants of each width": `(func (result f64)
    (drop (i32.const 63)) (drop (i32.const -64)) (drop (i32.const 64)) (drop (i32.const 2147483647)) (drop (i32.const -2147483648))
    (drop (i64.const 9223372036854775807)) (drop (i64.const -1))
    (drop (f64.const -0x1.fffffffffffffp+1023)) (drop (f64.const 0)) (f64.const nan))`,
  "conversions, and memory copied and filled": `(func (param f64) (result i64)
    (memory.copy (i32.const 0) (i32.const 200) (i32.const 5)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 300))
    (drop (memory.grow (memory.size))) (drop (i32.trunc_sat_f64_u (local.get 0))) (drop (i32.extend8_s (i32.const 1)))
    (i64.trunc_sat_f64_s (local.get 0)))`,
  "locals of several kinds, and many of one": `(func (param i32) (local ${"i32 ".repeat(200)} i64 f64 i32)
    (local.set 150 (local.tee 199 (local.get 0))) (drop (local.get 201)))`,
  "calls, direct and through a table": `(type $t (func)) (table 2 2 funcref) (elem (i32.const 0) $f $f)
    (func $f (call $f) (call_indirect (type $t) (i32.const 1)))
    ${Array.from({ length: 200 }, (_, i) => `(func $g${i} (call $${i > 0 ? `g${i - 1}` : "f"}))`).join("")}`,
  "functions whose length takes one byte, two and three": `${long(1)}${long(20)}${long(3000)}`,
  "imports, globals, and data behind the code": `(import "a" "b" (func $b (param i32))) ${MEMORY} (global $s (mut i32) (i32.const 1024))
    (data (i32.const 8) "data\\00\\ff") (func (export "f") (call $b (global.get $s)) (global.set $s (i32.const 5)))`,
};

describe("a module", () => {
  for (const [what, items] of Object.entries(modules)) {
    it(`is the same once it was packed: ${what}`, async () => {
      const bytes = assemble(items);
      assert.ok(WebAssembly.validate(bytes));
      assert.deepEqual(await roundTrip(bytes), bytes);
    });
  }

  const unknown = {
    "0x43": "(func (drop (f32.const 1)))",
    "0xfe": "(func (drop (i32.atomic.load (i32.const 0))))",
    "0xfd": "(func (drop (i32x4.splat (i32.const 0))))",
  };
  for (const [opcode, items] of Object.entries(unknown)) {
    it(`is not packed if it has an instruction that is not known: ${opcode}`, async () => {
      const bytes = assemble(items, binaryen.Features.All);
      await assert.rejects(packModule(bytes), new RegExp(`cannot be packed: ${opcode}`));
    });
  }

  it("is not packed if it would come back as another", async () => {
    const bytes = assemble("(func)");
    assert.deepEqual([...bytes.subarray(-6)], [10, 4, 1, 2, 0, 0x0b]);
    // the length of the function in two bytes, where one would do
    const padded = Buffer.concat([bytes.subarray(0, -6), Buffer.from([10, 5, 1, 0x82, 0, 0, 0x0b])]);
    assert.ok(WebAssembly.validate(padded));
    await assert.rejects(packModule(padded), /comes back as another/);
  });

  it("is refused if it was packed in another way", async () => {
    const packed = await packModule(assemble("(func)"));
    for (const other of [packed.subarray(4), Buffer.concat([packed, Buffer.alloc(1)]), Buffer.alloc(packed.length, 1)]) {
      assert.throws(() => unpack(Uint8Array.from(other).buffer), /another build/);
    }
  });

  it("is in the package as it was built, packed", async () => {
    const embedded = await readFile(join(root, "pkg/dist/verifier.js"), "utf8");
    const [, base64] = /"([\w+/=]{10000,})"/.exec(embedded);
    const packed = gunzipSync(Buffer.from(base64, "base64"));
    const built = dropCustomSections(readSections(await readFile(join(root, "pkg/build/verifier.wasm"))));
    assert.deepEqual(Buffer.from(unpack(Uint8Array.from(packed).buffer)), writeSections(built));
  });
});
