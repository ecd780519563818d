/** The examples of README.md compile against the package's own types. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What the smaller examples take for granted. */
const GIVEN = `import type { Auth } from "portcullis";
declare global {
  const auth: Auth;
  const show: (text: string) => void;
}
`;

test("every example compiles", async (t) => {
  const text = await readFile(join(root, "README.md"), "utf8");
  const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  assert.ok(examples.length > 2);

  const folder = await mkdtemp(join(tmpdir(), "portcullis-docs-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "given.d.ts"), GIVEN);
  await Promise.all(examples.map((code, i) => writeFile(join(folder, `example${i}.js`), `${code}\nexport {};\n`)));
  const types = (entry) => [join(root, `pkg/dist/${entry}.d.ts`)];
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({
    compilerOptions: {
      allowJs: true, checkJs: true, noEmit: true, strict: true, strictNullChecks: false, noImplicitAny: false,
      target: "es2022", module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom", "dom.iterable"], types: [],
      paths: {
        portcullis: types("index"),
        ...Object.fromEntries(["slim", "verify", "connect", "presets"].map((entry) => [`portcullis/${entry}`, types(entry)])),
      },
    },
    include: ["*"],
  }));
  const compiled = promisify(execFile)(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  await compiled.catch(({ stdout }) => assert.fail(stdout));
});
