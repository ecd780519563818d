/** The examples of README.md compile against the package's own types, and those for tests of applications run. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

const text = await readFile(join(root, "README.md"), "utf8");
const examplesIn = (text, language = "js") =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code]) => code);
const packageTypes = Object.fromEntries(["index", "slim", "verify", "connect", "presets", "testing"].map((entry) =>
  [entry === "index" ? "portcullis" : `portcullis/${entry}`, [join(root, `pkg/dist/${entry}.d.ts`)]]));
const compilerOptions = {
  noEmit: true, strict: true, target: "es2022", module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom", "dom.iterable"],
  types: [], paths: packageTypes,
};

/** Compiles the project in `folder`; fails with what the compiler says. */
async function compile(folder, options) {
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, include: ["*"] }));
  const compiled = promisify(execFile)(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  await compiled.catch(({ stdout }) => assert.fail(stdout));
}

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
  await writeFile(join(folder, "given.d.ts"), GIVEN);
  await Promise.all(examples.map((code, i) => writeFile(join(folder, `example${i}.js`), `${code}\nexport {};\n`)));
  await compile(folder, { allowJs: true, checkJs: true, strictNullChecks: false, noImplicitAny: false });
});

test("those in TypeScript do so in the strictest of projects", async (t) => {
  const folder = await folderFor(t);
  const examples = [...examplesIn(text, "ts").map((code) => ["ts", code]), ...examplesIn(text, "tsx").map((code) => ["tsx", code])];
  assert.ok(examples.length > 2);

  await copyFile(join(root, "tests/docs/frameworks.d.ts"), join(folder, "frameworks.d.ts"));
  await Promise.all(examples.map(([extension, code], i) => writeFile(join(folder, `example${i}.${extension}`), `${code}\nexport {};\n`)));
  await writeFile(join(folder, "claims.ts"), `import { auth } from "./example${examples.findIndex(([extension]) => extension === "tsx")}";
    export const names: readonly (string | undefined)[] = [auth.user?.name, ...(auth.user?.groups ?? [])];`);
  await compile(folder, {
    jsx: "react-jsx", exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true,
    noImplicitReturns: true, noUnusedLocals: true, noUnusedParameters: true, verbatimModuleSyntax: true, isolatedModules: true,
  });
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
