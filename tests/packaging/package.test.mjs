/** What the package holds, and that importing it does nothing. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { createProject, pack, root, runNode } from "./project.mjs";

/** RFC 8037 A.4. */
const EXAMPLE = [
  { keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] },
  "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
];

describe("the package", { timeout: 120_000 }, () => {
  let packed, project, manifest;
  before(async () => {
    packed = await pack();
    project = await createProject(packed.tarball);
    manifest = JSON.parse(await readFile(join(project.path, "node_modules/portcullis/package.json"), "utf8"));
  });
  after(() => Promise.all([packed?.remove(), project?.remove()]));

  it("holds what it exports, its words, and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === "string" ? target : [target.types, target.default, target.require.types, target.require.default]));
    for (const target of targets) assert.ok(paths.includes(target.replace("./", "")), target);
    const expected = /^(package\.json|(README|CHANGELOG|SECURITY)\.md|LICENSE[-\w]*|presets\/[\w-]+\.json|pkg\/dist\/([\w-]+\/)?[\w-]+(\.d\.c?ts|\.c?js|\.wasm))$/;
    assert.deepEqual(paths.filter((path) => !expected.test(path)), []);
  });

  it("holds what its words for users lead to", async () => {
    const paths = packed.files.map(({ path }) => path);
    for (const document of ["README.md", "SECURITY.md"]) {
      const text = await readFile(join(project.path, "node_modules/portcullis", document), "utf8");
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, file]) => file);
      assert.deepEqual(links.filter((file) => !paths.includes(file)), [], document);
    }
  });

  it("keeps apart what is loaded only when needed, and gives slim one module", async () => {
    const read = (file) => readFile(join(project.path, "node_modules/portcullis/pkg/dist", file), "utf8");
    const [index, slim, late] = await Promise.all(["index.js", "slim.js", "late.js"].map(read));
    for (const file of ["late.js", "core-js.js"]) assert.ok(index.includes(`import("./${file}")`), file);
    assert.ok(slim.includes('import("./core-js.js")') && !slim.includes("late.js"));
    const [, base64] = /^export const lateBase64 = "([^"]+)";\n$/.exec(late);
    assert.ok(!index.includes(base64.slice(0, 100)));
  });

  it("gives tests no part of the module", async () => {
    const text = await readFile(join(project.path, "node_modules/portcullis/pkg/dist/testing.js"), "utf8");
    const imported = [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, file]) => file);
    assert.deepEqual(imported, ["./texts.js"]);
    assert.doesNotMatch(text, /WebAssembly/);
  });

  it("is small", () => {
    const total = packed.files.reduce((sum, { size }) => sum + size, 0);
    assert.ok(total < 3_150_000, `${total} bytes`);
  });

  it("depends on nothing and may be shaken", () => {
    for (const kind of ["dependencies", "peerDependencies", "optionalDependencies", "bundledDependencies"]) {
      assert.deepEqual(manifest[kind] ?? {}, {}, kind);
    }
    assert.equal(manifest.sideEffects, false);
    assert.equal(manifest.type, "module");
    for (const script of ["preinstall", "install", "postinstall"]) assert.equal(manifest.scripts?.[script], undefined);
  });

  it("speaks of no place on the machine that built it", async () => {
    for (const { path } of packed.files) {
      const text = await readFile(join(project.path, "node_modules/portcullis", path), "latin1");
      assert.ok(!text.includes(root) && !text.includes("sourceMappingURL"), path);
    }
  });

  it("takes no URL of its own and needs no eval in what is loaded first", async () => {
    for (const entry of ["index", "slim", "verify", "verifier", "connect", "testing"]) {
      const text = await readFile(join(project.path, `node_modules/portcullis/pkg/dist/${entry}.js`), "utf8");
      assert.doesNotMatch(text, /import\.meta|fetch\(["'`]data:|new Function|\beval\(/, entry);
    }
  });

  const exported = {
    portcullis: ["AuthError", "createAuth"],
    "portcullis/slim": ["AuthError", "createAuth"],
    "portcullis/verify": ["AuthError", "verifyJws", "verifyJwt", "verifyLogoutToken"],
    "portcullis/connect": [
      "AuthError", "createConnection", "createGate", "createGateHandler", "createGateRelay", "createPageGate",
      "handOverAuthorization", "introspect", "previewConnection", "revoke", "validateConnection",
    ],
    "portcullis/presets": ["adfs", "auth0", "b2c", "cognito", "entra"],
    "portcullis/testing": ["AuthError", "createFakeProvider", "createMockAuth", "memoryStorage", "seedSession"],
  };
  for (const [entry, names] of Object.entries(exported)) {
    for (const type of ["module", "commonjs"]) {
      it(`does nothing when imported in Node: ${entry} from a ${type} file`, async () => {
        const code = `
          const before = Reflect.ownKeys(globalThis);
          globalThis.fetch = () => { throw new Error("fetched"); };
          import("${entry}").then((exports) => {
            const added = Reflect.ownKeys(globalThis).filter((key) => !before.includes(key));
            console.log(JSON.stringify([Object.keys(exports).sort(), added]));
          });`;
        assert.deepEqual(JSON.parse(await runNode(project, code, type)), [names, []]);
      });
    }
  }

  it("makes a client in Node, which keeps nothing running once disposed of", async () => {
    const code = `
      import { AuthError, createAuth } from "portcullis";
      const outcome = (options) => createAuth(options).then(
        (auth) => [auth.state.status, auth.isCallback(), auth.dispose() ?? null],
        (error) => [error instanceof AuthError, error.code]);
      const good = { issuer: "https://op.example", clientId: "c", redirectUri: "https://app.example/cb", persist: "memory" };
      console.log(JSON.stringify([await outcome(good), await outcome({ ...good, issuer: "nonsense" }), await outcome()]));`;
    assert.deepEqual(JSON.parse(await runNode(project, code)),
      [["signed-out", false, null], [true, "config_invalid"], [true, "config_invalid"]]);
  });

  it("verifies tokens in Node, from the package and from one file that esbuild made of it", async () => {
    const code = `
      import { verifyJws } from "portcullis/verify";
      const [keys, token] = ${JSON.stringify(EXAMPLE)};
      const verdicts = ["web", "software"].map((crypto) =>
        verifyJws(token, { keys, algorithms: ["EdDSA"], crypto }).then(({ payload }) => String.fromCharCode(...payload)));
      console.log(JSON.stringify(await Promise.all(verdicts)));`;
    const expected = ["Example of Ed25519 signing", "Example of Ed25519 signing"];
    assert.deepEqual(JSON.parse(await runNode(project, code)), expected);
    const { build } = await import("esbuild");
    await build({
      stdin: { contents: code, resolveDir: project.path }, outfile: join(project.path, "bundled.mjs"),
      bundle: true, minify: true, format: "esm", target: "es2022",
    });
    assert.deepEqual(JSON.parse(await runNode(project, 'import "./bundled.mjs";')), expected);
  });

  it("makes a connection of a preset in Node, from the package and from one file that esbuild made of it", async () => {
    const code = `
      import { createConnection } from "portcullis/connect";
      import preset from "portcullis/presets/case-manager.json" with { type: "json" };
      const connection = await createConnection(preset.connection, {
        secrets: { client_secret: "s" },
        host: { fetch: async () => Response.json({ access_token: "t", expires_in: 60 }) },
      });
      console.log(JSON.stringify([await connection.getAccessToken(), connection.preview().steps.length]));`;
    assert.deepEqual(JSON.parse((await runNode(project, code)).split("\n").at(-1)), ["t", 4]);
    const { build } = await import("esbuild");
    await build({
      stdin: { contents: code, resolveDir: project.path }, outfile: join(project.path, "connected.mjs"),
      bundle: true, minify: true, format: "esm", target: "es2022",
    });
    assert.deepEqual(JSON.parse((await runNode(project, 'import "./connected.mjs";')).split("\n").at(-1)), ["t", 4]);
  });
});
