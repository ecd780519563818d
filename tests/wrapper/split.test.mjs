/** How the build parts the module, on a module small enough to see through. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import binaryen from "binaryen";

import { LATE_EXPORTS, split } from "../../scripts/lib/split.mjs";

const CLIENT = "portcullis::bindings::client::Client::";
const INNER = ["dpop::<impl portcullis::client::Client<P>>::send_proven", "refine::<impl portcullis::client::Client<P>>::refined", "signed_response::<impl portcullis::client::Client<P>>::signed", "tokens::<impl portcullis::client::Client<P>>::refresh"]
 .map((name) => `portcullis::client::${name}`);
const HASH = "::h0123456789abcdef";
const late = ["diagnose", "fetch", "front_channel_logout", "get_access_token", "initiated_login", "leave", "look", "userinfo"]
 .map((name) => CLIENT + name).concat(INNER);
const sequences = [...late, `${CLIENT}login`];

const quoted = (name) => `$"${name}"`;
const poll = (name) => quoted(`${name}::{{closure}}${HASH}`);
const drop = (name) => quoted(`core::ptr::drop_in_place<${name}::{{closure}}>${HASH}`);
const id = (name) => sequences.indexOf(name);

/**
 * A module like the real one: each sequence has a poll and a drop function in the table and a vtable
 * in memory, each but the last four begins at an export; the last of all is not late. `edit` changes its text.
 */
function module(edit = (text) => text) {
  const slots = sequences.flatMap((name) => [drop(name), poll(name)]);
  const memory = new Uint8Array(new Uint32Array(sequences.flatMap((_, i) => [2 * i + 1, 8, 4, 2 * i + 2])).buffer);
  const exports = new Map([["memory", "a"], ["client_login", "b"], ...LATE_EXPORTS.map((name, i) => [name, `l${i}`])]);
  const items = [
    "(type $0 (func (param i32) (result i32)))",
    '(import "a" "a" (func $imported (param i32) (result i32)))',
    "(global $__stack_pointer (mut i32) (i32.const 1024))",
    "(memory $0 1)",
    `(table $0 ${slots.length + 2} ${slots.length + 2} funcref)`,
    `(elem $0 (i32.const 1) ${slots.join(" ")} $wasm_bindgen::convert::closures::_::invoke${HASH})`,
    '(export "a" (memory $0))',
    '(export "b" (func $client_login))',
    ...LATE_EXPORTS.map((name) => `(export "${exports.get(name)}" (func $${name}))`),
    ...[...LATE_EXPORTS, "client_login"].map((name, i) =>
      `(func $${name} (param $0 i32) (result i32)\n  (call_indirect $0 (type $0)\n   (local.get $0)\n   (i32.const ${2 * (name === "client_login" ? LATE_EXPORTS.length + INNER.length : i) + 2})\n  )\n )`),
    ...sequences.map((name) => `(func ${poll(name)} (param $0 i32) (result i32)\n  (call $${late.includes(name) ? "late_helper" : "helper"}\n   (local.get $0)\n  )\n )`),
    ...sequences.map((name) => `(func ${drop(name)} (param $0 i32) (result i32)\n  (i32.const ${id(name)})\n )`),
    "(func $late_helper (param $0 i32) (result i32)\n  (call $helper\n   (i32.add\n    (local.get $0)\n    (i32.const 100)\n   )\n  )\n )",
    "(func $helper (param $0 i32) (result i32)\n  (call $imported\n   (local.get $0)\n  )\n )",
    `(func $wasm_bindgen::convert::closures::_::invoke${HASH} (param $0 i32) (result i32)\n  (unreachable)\n )`,
  ];
  return { text: edit(`(module $m.wasm\n ${items.join("\n ")}\n)\n`), memory, exports, build: "cafe" };
}

const halves = ({ text, ...rest }) => split(text, rest);
const compile = (text) => {
  const parsed = binaryen.parseText(text);
  parsed.setFeatures(binaryen.Features.MutableGlobals);
  return new WebAssembly.Module(parsed.emitBinary());
};
const imported = { a: { a: (value) => value + 1 } };

describe("the halves of a module", () => {
  it("work together as the whole did, and the first alone does what only it is for", () => {
    const { first, late } = halves(module());
    const { exports } = new WebAssembly.Instance(compile(first), imported);
    assert.deepEqual(Object.keys(exports).sort(), ["a", "b", "cafe", "table"]);
    assert.equal(exports.b(1), 2);
    const slots = Array.from({ length: exports.table.length }, (_, slot) => exports.table.get(slot));
    assert.deepEqual(slots.map(Boolean), [false, ...Array(2 * (sequences.length - 1)).fill(false), true, true, false, true]);

    const more = new WebAssembly.Instance(compile(late), { ...imported, first: { ...exports, ...slots } }).exports;
    assert.deepEqual(Object.keys(more), LATE_EXPORTS.map((_, i) => `l${i}`));
    for (const call of Object.values(more)) assert.equal(call(1), 102);
    for (let i = 0; i < sequences.length - 1; i++) assert.equal(exports.table.get(2 * i + 1)(0), i, "drop");
    assert.throws(() => new WebAssembly.Instance(compile(late), { ...imported, first: { ...exports, ...slots, cafe: undefined } }),
      WebAssembly.LinkError);
  });

  it("keep in the first what an early sequence drops by", () => {
    const shared = module();
    const words = new Uint32Array(shared.memory.buffer);
    words[4 * id(`${CLIENT}login`)] = words[4 * id(INNER[2])]; // the compiler found both equal
    const { first, late } = halves(shared);
    assert.ok(first.includes(`(func ${drop(INNER[2])}`));
    assert.ok(!late.includes(`(func ${drop(INNER[2])}`));
    assert.ok(late.includes(`(func ${poll(INNER[2])}`));
  });

  it("keep in the first what both call", () => {
    const { first, late } = halves(module((text) => text.replace("(call $helper\n   (local.get $0)\n  )\n )", "(call $late_helper\n   (local.get $0)\n  )\n )")));
    assert.ok(first.includes("\n (func $late_helper"));
    assert.ok(!late.includes("\n (func $late_helper"));
  });

  const refused = {
    "a sequence that is gone": [(text) => text.replaceAll("::leave::", "::quit::"), /0 slots for portcullis::bindings::client::Client::leave/],
    "a function that nothing reaches": [(text) => text.replace(/\n\)\n$/, "\n (func $stray\n  (nop)\n )\n)\n"), /stray would be dropped/],
    "an export that both use": [(text) => text.replace("(call $helper", "(call $client_fetch"), /used by the first/],
    "a call of nothing": [(text) => text.replace("(call $helper", "(call $nobody"), /another shape/],
    "a function taken by reference": [(text) => text.replace("(unreachable)", "(drop (ref.func $helper))"), /another shape/],
    "an item of another kind": [(text) => text.replace("(memory $0 1)", "(memory $0 1)\n (tag $t)"), /another shape/],
    "a second segment of the table": [(text) => text.replace("(memory $0 1)", "(memory $0 1)\n (elem $1 (i32.const 0) $helper)"), /another shape/],
    "js-sys's executor in use": [(text) => text.replaceAll("$helper", "$js_sys::futures::spawn"), /executor is in use/],
  };
  for (const [what, [edit, message]] of Object.entries(refused)) {
    it(`are refused for ${what}`, () => assert.throws(() => halves(module(edit)), message));
  }
});
