/** The examples of README.md compile against the package's own types, and those for tests of applications run. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What the smaller examples take for granted. */
const GIVEN = `import type { Auth } from "portcullis";
declare global {
  const auth: Auth;
  const show: (text: string) => void;
}
`;

/** The part of React that an example uses. */
const REACT = `declare module "react" {
  export function useEffect(effect: () => void, on: readonly unknown[]): void;
  export function useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, snapshot: () => T): T;
}
`;

const text = await readFile(join(root, "README.md"), "utf8");
const examplesIn = (text) => [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

/** A folder that goes with the test. */
async function folderFor(t) {
  const folder = await mkdtemp(join(tmpdir(), "portcullis-docs-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("every example compiles", async (t) => {
  const examples = examplesIn(text);
  assert.ok(examples.length > 2);

  const folder = await folderFor(t);
  await Promise.all([writeFile(join(folder, "given.d.ts"), GIVEN), writeFile(join(folder, "react.d.ts"), REACT)]);
  await Promise.all(examples.map((code, i) => writeFile(join(folder, `example${i}.js`), `${code}\nexport {};\n`)));
  const types = (entry) => [join(root, `pkg/dist/${entry}.d.ts`)];
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({
    compilerOptions: {
      allowJs: true, checkJs: true, noEmit: true, strict: true, strictNullChecks: false, noImplicitAny: false,
      target: "es2022", module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom", "dom.iterable"], types: [],
      paths: {
        portcullis: types("index"),
        ...Object.fromEntries(["slim", "verify", "connect", "presets", "testing"].map((entry) => [`portcullis/${entry}`, types(entry)])),
      },
    },
    include: ["*"],
  }));
  const compiled = promisify(execFile)(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  await compiled.catch(({ stdout }) => assert.fail(stdout));
});

test("the examples for tests of applications do what they say", async (t) => {
  const [, section] = /^## Testing your application\n([\s\S]*?)^## /m.exec(text);
  const folder = await folderFor(t);
  const run = async (code, then = "") => {
    const file = join(folder, "example.mjs");
    const linked = code.replace(/from "portcullis(?:\/(\w+))?"/g, (_, entry = "index") => `from ${JSON.stringify(pathToFileURL(join(root, `pkg/dist/${entry}.js`)))}`);
    await writeFile(file, `const show = console.log;\n${linked}\n${then}`);
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    return stdout.trim().split("\n");
  };
  const [mock, provider, seed] = examplesIn(section);
  assert.deepEqual(await run(mock), [
    "signing-in undefined", "signed-in ada", "1 call, with login", "signed-in ada", "signed-out undefined", "session_expired: sign in again",
  ]);
  const [token, end] = await run(provider);
  assert.match(token, /^bob has [\w-]{43}$/);
  assert.equal(end, "session_expired after 5 requests");
  const [kept] = await run(seed, `
    globalThis.location = { origin: "https://portal.test" };
    globalThis.sessionStorage = {};
    const provider = await signedIn({ addInitScript: async (script, argument) => script(argument) });
    const { memoryStorage } = await import(${JSON.stringify(pathToFileURL(join(root, "pkg/dist/testing.js")))});
    const options = { issuer: "https://id.test", clientId: "portal", redirectUri: "https://portal.test/callback" };
    const auth = await createAuth({ ...options, storage: memoryStorage(sessionStorage), host: provider.host });
    show(auth.user.sub);`);
  assert.equal(kept, "alice");
});
