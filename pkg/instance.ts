/**
 * Instances of a Rust module, in one of its two forms with one glue: WebAssembly, and the same
 * translated to JavaScript for pages where WebAssembly is missing or forbidden.
 */

import { unpack } from "./unpack.js";

type Exports = Record<string, unknown>;
type Imports = WebAssembly.Imports;
type Compile = () => Promise<WebAssembly.Module>;

/** What connects one instance with the platform. */
export interface Glue {
  readonly imports: Imports;
  start(exports: Exports): void;
}

/** One running instance, through its glue. */
export interface Instance<G extends Glue> {
  readonly glue: G;
  /** Loads the late half; nothing if it is there. A later call tries again what failed. */
  complete(): Promise<void> | undefined;
  /** True once a call has trapped: memory may be inconsistent, so every later call throws. */
  readonly dead: boolean;
  /** Calls `listener` once, with what was thrown, when the instance dies; at once if it has. */
  onDead(listener: (cause: unknown) => void): void;
}

/**
 * What makes instances that share nothing with each other; the module is compiled once, however
 * many are made. Rejects with an `Error` when it cannot be loaded; a later call tries again.
 * `compileLate` is for a module that is the first half of one.
 */
export function instances<G extends Glue>(
  createGlue: () => G,
  compileModule: () => Promise<WebAssembly.Module | undefined>,
  importTranslation: () => Promise<{ default(imports: Imports): Exports }>,
  compileLate?: Compile,
): () => Promise<Instance<G>> {
  const compiled = once(async () => (canCompile() ? compileModule() : undefined));
  const late = compileLate && once(compileLate);
  return async () => {
    const module = await compiled();
    const glue = createGlue();
    if (!module) return start(glue, (await translation(importTranslation)).default(glue.imports));
    return start(glue, (await WebAssembly.instantiate(module, glue.imports)).exports, late);
  };
}

/** What `work` resolved to, whenever it is asked for again; after a rejection it is tried anew. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work().catch((error: unknown) => {
    result = undefined;
    throw error;
  }));
}

/**
 * Whether this page may compile WebAssembly. Only trying tells: under a Content-Security-Policy
 * `WebAssembly.validate` still says yes. The eight bytes are an empty module.
 */
function canCompile(): boolean {
  try {
    return !!new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  } catch {
    return false;
  }
}

/** The packed module in a text, compiled; nothing where the platform cannot inflate it. */
export async function inflate(base64: string): Promise<WebAssembly.Module | undefined> {
  if (typeof DecompressionStream === "undefined") return undefined;
  const gzip = decode(base64);
  const stream = new Response(gzip).body!.pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(unpack(await new Response(stream).arrayBuffer()));
}

/** Base64 decoded by the browser where it can, and by a loop elsewhere. */
function decode(base64: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as { fromBase64?(base64: string): Uint8Array<ArrayBuffer> };
  if (fromBase64) return fromBase64.call(Uint8Array, base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

async function translation<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const message =
      "WebAssembly cannot run here (a Content-Security-Policy must allow 'wasm-unsafe-eval' in " +
      "script-src) and its replacement in JavaScript could not be loaded";
    throw new Error(message, { cause });
  }
}

/**
 * Starts one instance. Every function it exports is wrapped, so that a trap is seen wherever it
 * happens, also in a callback from the browser. Errors that are meant never leave an export as an
 * exception (the glue throws them, as strings), so whatever does is a trap.
 */
function start<G extends Glue>(glue: G, exports: Exports, late?: Compile): Instance<G> {
  let dead = false;
  let cause: unknown;
  let listeners: ((cause: unknown) => void)[] = [];

  const guard = (exported: unknown) =>
    typeof exported !== "function"
      ? exported
      : (...args: unknown[]): unknown => {
          if (dead) throw cause;
          try {
            return exported(...args);
          } catch (error) {
            if (typeof error !== "string") die(error);
            throw error;
          }
        };
  const die = (error: unknown) => {
    if (dead) return;
    dead = true;
    cause = error;
    for (const listener of listeners) listener(cause);
    listeners = [];
  };

  const guarded = (exports: Exports) =>
    Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, guard(value)]));

  const all = guarded(exports);
  let isWhole = !late;
  const addLateHalf = once(async () => {
    const first = { ...exports, ...tableOf(exports) } as WebAssembly.ModuleImports;
    const { exports: more } = await WebAssembly.instantiate(await late!(), { ...glue.imports, first });
    Object.assign(all, guarded(more));
    isWhole = true;
  });

  glue.start(all);
  return {
    glue,
    complete: () => (isWhole ? undefined : addLateHalf()),
    get dead() {
      return dead;
    },
    onDead(listener) {
      if (dead) listener(cause);
      else listeners.push(listener);
    },
  };
}

/** What is in the table of the first half, by slot: the late half imports functions that way. */
function tableOf(exports: Exports): unknown[] {
  const table = exports.table as WebAssembly.Table;
  return Array.from({ length: table.length }, (_, slot) => table.get(slot));
}
