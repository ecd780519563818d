/**
 * Loads the core: finds its bytes, compiles them once, and makes instances that can be replaced.
 *
 * The core is one Rust crate in two forms with one glue: a WebAssembly module, and the same module
 * translated to JavaScript for pages where WebAssembly is missing or forbidden. The module inside
 * the main entry is a half, enough to sign in; the late half is loaded when it is needed, and works
 * on the memory, the table and the stack of the first.
 */
import { moduleBase64 } from "./build/module.js";
import { createGlue } from "./build/glue.js";
import { type Glue, inflate, type Instance, instances } from "./instance.js";

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
  /** The provider cannot be told after all. */
  stay(): void;
  trace(): string;
  dispose(): void;
  free(): void;

  getAccessToken(minValidity: number | undefined, forceRefresh: boolean): Promise<string>;
  fetch(method: string, url: string, send: Send): Promise<Response>;
  userinfo(): Promise<string>;
  leave(): Promise<void>;
  diagnose(): Promise<string>;
  look(occasion: number): Promise<void>;
  initiatedLogin(url: string): Promise<string>;
  frontChannelLogout(url: string): Promise<boolean>;
}

/** Makes a call with an access token, and with a proof of possession if the token is bound to a key. */
type Send = (token: string, proof?: string) => Promise<Response>;

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
  /** Whether a signature holds, where WebCrypto cannot tell. */
  holds?(alg: string, jwk: string, data: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** The SHA-2 digest of so many bits, where there is no WebCrypto. */
  digest?(bits: number, data: Uint8Array): Promise<Uint8Array>;
  /** Loads the late half of the client's module. */
  complete(): Promise<void> | undefined;
  /** Has the client look at the store again, for a reason that the module knows. */
  look(occasion: number): void;
  /** Of the call that is beginning: what it opens ends with it. */
  signal?: AbortSignal | undefined;
}

/** One running instance of the core. */
export interface Core extends Omit<Instance<Glue>, "glue"> {
  /** Throws the core's error string if the options are wrong. */
  create(options: string, host: CoreHost): CoreClient;
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

/** The core whose bytes are part of this file. */
export function inlineSource(): CoreSource {
  return (inlined ??= source(
    () => inflate(moduleBase64),
    async () => (await inflate((await import("./build/late.js")).lateBase64))!,
  ));
}
let inlined: CoreSource | undefined;

/** The core whose bytes the application supplies. They are not asked for where WebAssembly is forbidden. */
export function moduleSource(module: ModuleSource | Promise<ModuleSource>): CoreSource {
  // A rejection is reported by `instantiate`, or does not matter because the bytes are not needed.
  Promise.resolve(module).catch(() => {});
  return source(async () => compile(await module));
}

/** `compileLate` is for a module that is the first half of one. */
function source(
  compileModule: () => Promise<WebAssembly.Module | undefined>,
  compileLate?: () => Promise<WebAssembly.Module>,
): CoreSource {
  const instantiate = instances(createGlue, compileModule, () => import("./build/core-js.js"), compileLate);
  return {
    async instantiate() {
      const instance = await instantiate();
      return Object.assign(instance, {
        create: (options: string, host: CoreHost) => new instance.glue.Client(options, host),
      });
    },
  };
}

async function compile(module: ModuleSource): Promise<WebAssembly.Module> {
  if (typeof module === "string" || module instanceof URL) module = await fetch(module);
  if (module instanceof Response) return compileResponse(module);
  if (module instanceof WebAssembly.Module) return module;
  // engines do not take every view that is a BufferSource
  if (ArrayBuffer.isView(module)) module = new Uint8Array(module.buffer, module.byteOffset, module.byteLength);
  return WebAssembly.compile(module as BufferSource);
}

/** Compiles while downloading if the server names the right type and no more, after it otherwise. */
async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  const type = response.headers.get("content-type") || "no content type";
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
