/**
 * Loads the core: finds its bytes, compiles them once, and makes instances that can be replaced.
 *
 * The core is one Rust crate in two forms with one glue: a WebAssembly module, and the same module
 * translated to JavaScript for pages where WebAssembly is missing or forbidden. The module inside
 * the main entry is a half, enough to sign in; the late half is loaded when it is needed, and works
 * on the memory, the table and the stack of the first.
 */
import { createGlue } from "./build/glue.js";
import { moduleBase64 } from "./build/module.js";

/**
 * The core's client, as the glue exports it. Rejections and throws that are meant are strings. The
 * methods of the second group may be called once the core is whole (`Core.complete`).
 */
export interface CoreClient {
  restore(): Promise<void>;
  state(): string;
  login(options: string): Promise<string>;
  isCallback(url: string): boolean;
  handleCallback(url: string): Promise<string>;
  /** A valid token, if no request has to be sent for it. */
  tokenAtHand(minValidity: number | undefined, forceRefresh: boolean): string | undefined;
  /** Ends the session here; whether the provider is to be told (`leave`). */
  signOut(options: string): Promise<boolean>;
  trace(): string;
  dispose(): void;
  free(): void;

  getAccessToken(minValidity: number | undefined, forceRefresh: boolean): Promise<string>;
  fetch(url: string, send: (token: string) => Promise<Response>): Promise<Response>;
  userinfo(): Promise<string>;
  leave(): Promise<void>;
  diagnose(): Promise<string>;
  look(occasion: number): Promise<void>;
}

/** What a client asks of the page it runs in. */
export interface CoreHost {
  fetch: typeof fetch;
  /** Unix time in seconds. */
  now(): number;
  navigate(url: string): void;
  storage?: {
    get(key: string): Promise<string | null> | string | null;
    set(key: string, value: string): Promise<void> | void;
    remove(key: string): Promise<void> | void;
  };
  emit(event: string, detail: string): void;
  /** Has the client look at the store again, for a reason that the module knows. */
  look(occasion: number): void;
  /** Of the call that is beginning: what it opens ends with it. */
  signal?: AbortSignal | undefined;
}

/** One running instance of the core. */
export interface Core {
  /** Throws the core's error string if the options are wrong. */
  create(options: string, host: CoreHost): CoreClient;
  /** Loads the late half; nothing if it is there. A later call tries again what failed. */
  complete(): Promise<void> | undefined;
  /** True once a call has trapped: memory may be inconsistent, so every later call throws. */
  readonly dead: boolean;
  /** Calls `listener` once, with what was thrown, when the instance dies; at once if it has. */
  onDead(listener: (cause: unknown) => void): void;
}

/** Makes instances of the core; bytes are fetched and compiled once, however many are made. */
export interface CoreSource {
  /**
   * A fresh instance that shares nothing with earlier ones. Rejects with an `Error` when the core
   * cannot be loaded; a later call tries again.
   */
  instantiate(): Promise<Core>;
}

/** Where an application keeps the module: its bytes, where to fetch them, or it compiled. */
export type ModuleSource = BufferSource | URL | string | Response | WebAssembly.Module;

type Exports = Record<string, unknown>;
type Imports = WebAssembly.Imports;
type Fallback = (imports: Imports) => Exports;
type Compile = () => Promise<WebAssembly.Module>;

/** The core whose bytes are part of this file. */
export function inlineSource(): CoreSource {
  return (inlined ??= source(inflateFirst, loadLateHalf));
}
let inlined: CoreSource | undefined;

/** The core whose bytes the application supplies. They are not asked for where WebAssembly is forbidden. */
export function moduleSource(module: ModuleSource | Promise<ModuleSource>): CoreSource {
  // A rejection is reported by `instantiate`, or does not matter because the bytes are not needed.
  Promise.resolve(module).catch(() => {});
  return source(async () => compile(await module));
}

/** `compileLate` is for a module that is the first half of one. */
function source(compileModule: () => Promise<WebAssembly.Module | undefined>, compileLate?: Compile): CoreSource {
  const compiled = once(async () => (canCompile() ? compileModule() : undefined));
  const late = compileLate && once(compileLate);
  return {
    async instantiate() {
      const module = await compiled();
      const glue = createGlue();
      if (!module) return start(glue, (await loadFallback())(glue.imports));
      return start(glue, (await WebAssembly.instantiate(module, glue.imports)).exports, late);
    },
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

/** The built-in module; nothing where the platform cannot inflate it. */
async function inflateFirst(): Promise<WebAssembly.Module | undefined> {
  return typeof DecompressionStream === "undefined" ? undefined : inflate(moduleBase64);
}

/** A module from its gzipped bytes. */
async function inflate(base64: string): Promise<WebAssembly.Module> {
  const stream = new Blob([decode(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

async function loadLateHalf(): Promise<WebAssembly.Module> {
  return inflate((await import("./build/late.js")).lateBase64);
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

async function compile(module: ModuleSource): Promise<WebAssembly.Module> {
  if (typeof module === "string" || module instanceof URL) module = await fetch(module);
  if (module instanceof Response) return compileResponse(module);
  if (module instanceof WebAssembly.Module) return module;
  return WebAssembly.compile(module as BufferSource);
}

/** Compiles while downloading if the server names the right type, after it otherwise. */
async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  const type = response.headers.get("content-type")?.split(";")[0]?.trim() || "no content type";
  const from = `from ${response.url || "the given response"}`;
  if (!response.ok) throw new Error(`got status ${response.status} ${from}`);
  if (type === "application/wasm" && typeof WebAssembly.compileStreaming === "function") {
    return WebAssembly.compileStreaming(response);
  }
  const bytes = await response.arrayBuffer();
  const magic = new Uint8Array(bytes.slice(0, 4)).join();
  if (magic !== "0,97,115,109") throw new Error(`got ${type} ${from}, which is not WebAssembly`);
  return WebAssembly.compile(bytes);
}

async function loadFallback(): Promise<Fallback> {
  try {
    return (await import("./build/core-js.js")).default;
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
function start(glue: ReturnType<typeof createGlue>, exports: Exports, late?: Compile): Core {
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
    create: (options, host) => new glue.Client(options, host),
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
