// Parts the module in two: what a portal loads before anybody can sign in, and the late half, loaded
// when it is needed. Both work on one memory, one table and one stack: the late half imports them,
// and the functions it calls, from the first half, and puts its own functions into table slots that
// the first half leaves empty. Works on the module as text, of which it knows the top-level items.

/** The glue's names of the exports that only the late half answers. */
export const LATE_EXPORTS = ["diagnose", "fetch", "frontChannelLogout", "getAccessToken", "initiatedLogin", "leave", "look", "userinfo"]
  .map((method) => `client_${method}`);

/** The sequences that only those begin: they are polled through the table, one slot each. */
const LATE_SEQUENCES = [
  ...["diagnose", "fetch", "front_channel_logout", "get_access_token", "initiated_login", "leave", "look", "userinfo"].map((method) => `portcullis::bindings::client::Client::${method}`),
  ...["dpop::<impl portcullis::client::Client<P>>::send_proven", "refine::<impl portcullis::client::Client<P>>::refined", "signed_response::<impl portcullis::client::Client<P>>::signed", "tokens::<impl portcullis::client::Client<P>>::refresh"].map((sequence) => `portcullis::client::${sequence}`),
];

/**
 * Slots of functions that nothing can call. What wasm-bindgen looks at while it runs: a description
 * of every closure type in js-sys and web-sys, of which the glue would export those it calls; and
 * the wakers of js-sys's executor, which nothing starts.
 */
const LEFTOVERS = [/^wasm_bindgen::convert::closures::_::invoke::/, /^__wbindgen_skip_interpret_calls$/, /^js_sys::futures::/];

const KINDS = ["type", "import", "global", "memory", "data", "table", "elem", "export", "func"];
const NAME = String.raw`\$(?:"(?:[^"\\]|\\.)*"|[^\s()"]+)`;
const SIGNATURE = String.raw`((?: \((?:param|result)[^()]*\))*)`;
/** What the late half calls the module it imports from. */
const FIRST = "first";
/** The first half's name for its table, known to `pkg/load.ts`. */
const TABLE = "table";

/**
 * Both halves as text. `text` is the optimised module as `wasm-dis` writes it, `memory` its initial
 * memory, `exports` the map from the glue's names of its exports to their short ones, and `build` a
 * name that no other build has: the stack pointer's, so that halves of two builds do not link.
 *
 * The late half imports what the first one exports from the module `first`, and functions of the
 * first one from there, too, each by the number of its slot in the table.
 */
export function split(text, { memory, exports, build }) {
  const module = readModule(text);
  const { functions, slots } = module;
  const isLateExport = ({ name }) => LATE_EXPORTS.some((late) => exports.get(late) === name);
  const lateSlots = slotsOfLateSequences(slots, memory);
  const leftovers = new Set([...slots.keys()].filter((slot) => LEFTOVERS.some((name) => name.test(plain(slots.get(slot))))));

  const others = [...slots].filter(([slot]) => !lateSlots.has(slot) && !leftovers.has(slot)).map(([, name]) => name);
  const first = reachable(functions, [...others, ...module.exports.filter((item) => !isLateExport(item)).map((item) => item.function)]);
  const begun = [...[...lateSlots].map((slot) => slots.get(slot)), ...module.exports.filter(isLateExport).map((item) => item.function)];
  const late = new Set([...reachable(functions, begun)].filter((name) => !first.has(name)));
  refuseWrongSplit({ module, first, late });

  const called = [...new Set([...late].flatMap((name) => functions.get(name).calls))].filter((name) => !late.has(name));
  const shared = called.filter((name) => first.has(name));
  const end = module.tableSize;
  const of = (half) => ({
    slots: [...slots].filter(([slot, name]) => !leftovers.has(slot) && (half.has(name) || (half === first && module.imports.has(name)))),
    exports: module.exports.filter((item) => half.has(item.function)).map(({ text }) => text),
    functions: [...half].map((name) => functions.get(name).text),
  });
  const size = end + shared.length;
  const table = `(table ${module.table} ${size} ${size} funcref)`;

  const firstItems = [
    ...["type", "import", "global", "memory", "data"].flatMap(module.items),
    table,
    ...elements([...of(first).slots, ...shared.map((name, i) => [end + i, name])]),
    ...module.exports.filter((item) => !item.function).map(({ text }) => text),
    ...of(first).exports,
    `(export "${TABLE}" (table ${module.table}))`,
    `(export "${build}" (global ${module.stack}))`,
    ...of(first).functions,
  ];
  const lateItems = [
    ...module.items("type"),
    ...called.filter((name) => module.imports.has(name)).map((name) => module.imports.get(name)),
    ...shared.map((name, i) => `(import "${FIRST}" "${end + i}" (func ${name}${functions.get(name).signature}))`),
    `(import "${FIRST}" "${exports.get("memory")}" (memory ${module.memory}))`,
    `(import "${FIRST}" "${TABLE}" ${table})`,
    `(import "${FIRST}" "${build}" (global ${module.stack} (mut i32)))`,
    ...elements(of(late).slots),
    ...of(late).exports,
    ...of(late).functions,
  ];
  const write = (items) => `(module\n ${items.join("\n ")}\n)\n`;
  return { first: write(firstItems), late: write(lateItems) };
}

/** Takes the text apart; refuses one of another shape than the rest of this file counts on. */
function readModule(text) {
  const [, ...all] = text.trimEnd().replace(/\n\)$/, "").split(/\n (?=\()/);
  const items = (kind) => all.filter((item) => item.startsWith(`(${kind} `));
  const unknown = all.find((item) => !KINDS.some((kind) => item.startsWith(`(${kind} `)));
  if (unknown) throw changed(unknown);
  const one = (kind, pattern) => {
    const matches = items(kind).map((item) => new RegExp(`^\\(${kind} ${pattern}`).exec(item));
    if (matches.length !== 1 || !matches[0]) throw changed(items(kind).join(" "));
    return matches[0];
  };

  const functions = new Map(items("func").map((item) => {
    const [, name, signature] = new RegExp(`^\\(func (${NAME})${SIGNATURE}(?=\\s|\\))`).exec(item) ?? [];
    if (!name || /\((ref\.func|return_call)/.test(item)) throw changed(item);
    const calls = [...item.matchAll(new RegExp(`\\(call (${NAME})`, "g"))].map(([, callee]) => callee);
    return [name, { text: item, calls, signature: signature.replace(/(\(param) \$\S+/g, "$1") }];
  }));
  const imports = new Map(items("import").map((item) => {
    const [, name] = new RegExp(`\\(func (${NAME})`).exec(item) ?? [];
    if (!name) throw changed(item);
    return [name, item];
  }));
  for (const { text, calls } of functions.values()) {
    if (!calls.every((name) => functions.has(name) || imports.has(name))) throw changed(text);
  }

  const [, table, tableSize] = one("table", `(${NAME}) (\\d+) \\2 funcref\\)$`);
  const [, start, listed] = one("elem", `${NAME} \\(i32\\.const (\\d+)\\)((?: ${NAME})+)\\)$`);
  const names = listed.match(new RegExp(NAME, "g"));
  return {
    items,
    functions,
    imports,
    table,
    tableSize: Number(tableSize),
    slots: new Map(names.map((name, i) => [Number(start) + i, name])),
    memory: one("memory", `(${NAME} \\d+)\\)$`)[1],
    stack: one("global", `(\\$__stack_pointer) \\(mut i32\\) `)[1],
    exports: items("export").map((item) => {
      const [, name] = /^\(export "([^"]*)" /.exec(item) ?? [];
      if (!name) throw changed(item);
      return { text: item, name, function: new RegExp(`\\(func (${NAME})\\)`).exec(item)?.[1] };
    }),
  };
}

/**
 * The slots through which late sequences are polled and dropped. Such a sequence is a boxed future;
 * in memory its vtable is the slots and sizes [drop, size, alignment, poll]. Where a drop function
 * serves an early sequence as well, because the compiler found two of them equal, it is not late.
 */
function slotsOfLateSequences(slots, memory) {
  const polls = new Set(LATE_SEQUENCES.map((sequence) => {
    const closure = `${sequence}::{{closure}}`;
    const found = [...slots].filter(([, name]) => plain(name).replace(/::h[0-9a-f]{16}$/, "") === closure);
    if (found.length !== 1) throw new Error(`the table has ${found.length} slots for ${closure}: see LATE_SEQUENCES`);
    return found[0][0];
  }));
  const words = new Uint32Array(memory.buffer, 0, memory.byteLength >> 2);
  const vtables = [];
  for (let at = 0; at + 3 < words.length; at++) {
    const [drop, , alignment, poll] = words.subarray(at, at + 4);
    const isDrop = plain(slots.get(drop) ?? "").startsWith("core::ptr::drop_in_place<");
    if (isDrop && [1, 2, 4, 8, 16].includes(alignment) && slots.has(poll)) vtables.push({ drop, poll });
  }
  const needed = new Set(vtables.filter(({ poll }) => !polls.has(poll)).map(({ drop }) => drop));
  const drops = [...polls].map((poll) => {
    const found = vtables.filter((vtable) => vtable.poll === poll);
    if (found.length !== 1) throw new Error(`memory has ${found.length} vtables for ${slots.get(poll)}`);
    return found[0].drop;
  });
  return new Set([...polls, ...drops.filter((drop) => !needed.has(drop))]);
}

/** `roots` and every function that they call, directly or through others. */
function reachable(functions, roots) {
  const reached = new Set();
  const left = [...roots];
  while (left.length > 0) {
    const name = left.pop();
    if (reached.has(name) || !functions.has(name)) continue;
    reached.add(name);
    left.push(...functions.get(name).calls);
  }
  return reached;
}

/** What must hold of any split; a mistake here would show as a trap in somebody's page. */
function refuseWrongSplit({ module: { functions, exports, slots }, first, late }) {
  for (const name of first) {
    const callee = functions.get(name).calls.find((callee) => late.has(callee));
    if (callee) throw new Error(`${name} of the first half calls ${callee} of the late one`);
  }
  const entries = exports.filter((item) => late.has(item.function));
  if (entries.length !== LATE_EXPORTS.length) throw new Error("an export of the late half is used by the first one as well");
  const dead = [...functions.keys()].filter((name) => !first.has(name) && !late.has(name));
  const kept = dead.find((name) => !LEFTOVERS.some((leftover) => leftover.test(plain(name))) && !/SpawnedTask/.test(name));
  if (kept) throw new Error(`${kept} would be dropped: only leftovers of the tools may be`);
  const used = [...first, ...late].find((name) => /js_sys::futures/.test(name));
  if (used) throw new Error(`js-sys's executor is in use: ${used}`);
  if (![...slots.values()].some((name) => late.has(name))) throw new Error("the late half fills no slot");
}

/** Element segments for `[slot, name]` in any order, one for each unbroken run. */
function elements(entries) {
  const runs = [];
  for (const [slot, name] of [...entries].sort(([a], [b]) => a - b)) {
    const run = runs.at(-1);
    if (run && run.start + run.names.length === slot) run.names.push(name);
    else runs.push({ start: slot, names: [name] });
  }
  return runs.map(({ start, names }, i) => `(elem $e${i} (i32.const ${start}) ${names.join(" ")})`);
}

/** A function's name as in the source. */
const plain = (name) => name.replace(/^\$"?|"$/g, "");

const changed = (item) => new Error(`wasm-dis's text has another shape than before: ${item.slice(0, 200)}`);
