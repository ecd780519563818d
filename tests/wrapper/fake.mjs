/** The wrapper as shipped, over a fake module whose every answer a test writes. */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const pkg = fileURLToPath(new URL("../../pkg/", import.meta.url));

/** In place of `pkg/load.ts`: what tests hand in as the module is the source of instances itself. */
const load = `
  export const moduleSource = (source) => source;
  export const inlineSource = () => globalThis[Symbol.for("portcullis.test.source")];
`;

/**
 * Builds `pkg/<entry>.ts` over the fake loader and returns the JavaScript. `words` is the source of
 * the words' file, where it is not to be the built one.
 */
export async function bundle(entry, words) {
  const { outputFiles } = await build({
    entryPoints: [`${pkg}${entry}.ts`],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    plugins: [{
      name: "fake-loader",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /\/load\.js$/ }, () => ({ path: "load", namespace: "fake" }));
        onLoad({ filter: /.*/, namespace: "fake" }, () => ({ contents: load, loader: "js" }));
        if (words) onLoad({ filter: /\/build\/texts\.js$/ }, () => ({ contents: words, loader: "js" }));
      },
    }],
  });
  return outputFiles[0].text;
}

export const importText = (text) => import(`data:text/javascript,${encodeURIComponent(text)}`);

/** The exports of `portcullis/slim`. */
export const wrapper = await importText(await bundle("slim"));
/** The exports of `portcullis`. */
export const main = await importText(await bundle("index"));
export const { AuthError } = wrapper;

export const signedOut = { status: "signed-out", user: null, accessTokenExpiresAt: null, scope: [] };
export const options = { issuer: "https://op.test", clientId: "app", redirectUri: "https://app.test/cb" };

/** The text the module rejects with. */
export const report = (code, more = {}) => JSON.stringify({ code, place: "there", retryable: false, ...more });

/** A promise with its handles, for what is to be in flight. */
export function deferred() {
  let resolve, reject;
  const promise = new Promise((...handles) => ([resolve, reject] = handles));
  return { promise, resolve, reject };
}

/**
 * A source of fake instances. `script(instance, nth)` returns the client's methods that a test
 * cares about; an instance notes what it was made with and every call in `log`.
 */
export function fakeSource(script = () => ({})) {
  const source = {
    instances: [],
    get last() {
      return source.instances.at(-1);
    },
    async instantiate() {
      const instance = fakeInstance(script, source.instances.length);
      source.instances.push(instance);
      return instance.core;
    },
  };
  return source;
}

function fakeInstance(script, nth) {
  const listeners = [];
  const instance = {
    log: [],
    state: signedOut,
    /** Changes the snapshot and says so, as the module does. */
    become(state) {
      instance.state = { ...instance.state, ...state };
      instance.host.emit("state", "");
    },
    /** Stops as a trap does: calls throw from now on. */
    die(cause = new WebAssembly.RuntimeError("unreachable")) {
      instance.cause = cause;
      for (const listener of listeners) listener(cause);
      return cause;
    },
    core: {
      get dead() {
        return "cause" in instance;
      },
      onDead: (listener) => listeners.push(listener),
      complete: () => undefined,
      create(settings, host) {
        Object.assign(instance, { settings, host });
        return client;
      },
    },
  };
  const methods = {
    restore: async () => {},
    state: () => JSON.stringify(instance.state),
    isCallback: () => false,
    tokenAtHand: () => undefined,
    trace: () => "[]",
    stay: () => {},
    dispose: () => {},
    free: () => {},
    ...script(instance, nth),
  };
  if (methods.create) instance.core.create = methods.create;
  const client = Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, (...args) => {
    instance.log.push([name, ...args]);
    if ("cause" in instance) throw instance.cause;
    return method(...args);
  }]));
  return instance;
}

/** A client on fake instances. */
export async function open(script, more = {}, { createAuth } = wrapper) {
  const source = fakeSource(script);
  const auth = await createAuth({ ...options, ...more }, source);
  return { auth, source, core: source.last, log: () => source.last.log.filter(([name]) => name !== "state") };
}

/** For `assert.rejects` and `assert.throws`: an AuthError with `code`, and with `more` where given. */
export const coded = (code, more = {}) => (error) => {
  if (!(error instanceof AuthError) || error.code !== code) throw error;
  for (const [key, value] of Object.entries(more)) {
    if (error[key] !== value) throw new Error(`${key} is not ${String(value)}`, { cause: error });
  }
  return true;
};
