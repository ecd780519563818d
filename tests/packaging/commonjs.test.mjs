/** The package for those who `require` it, test runners among them that run each file in a context of `vm`. */
import assert from "node:assert/strict";
import { readFile, realpath } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import vm from "node:vm";

import { createProject, pack, runNode } from "./project.mjs";

const ENTRIES = ["portcullis", "portcullis/slim", "portcullis/verify", "portcullis/connect", "portcullis/presets", "portcullis/testing"];

/** RFC 8037 A.4. */
const KEYS = { keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] };
const TOKEN = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

describe("the package, required", { timeout: 120_000 }, () => {
  let packed, project;
  before(async () => {
    packed = await pack();
    project = await createProject(packed.tarball);
  });
  after(() => Promise.all([packed?.remove(), project?.remove()]));

  for (const entry of ENTRIES) {
    it(`is the same, and does nothing when it is loaded: ${entry}`, async () => {
      const code = `
        const before = Reflect.ownKeys(globalThis);
        globalThis.fetch = () => { throw new Error("fetched"); };
        const required = require("${entry}");
        const added = Reflect.ownKeys(globalThis).filter((key) => !before.includes(key));
        const isCommonjs = require.resolve("${entry}").endsWith(".cjs");
        const names = (exports) => Object.keys(exports).filter((name) => !["__esModule", "module.exports", "default"].includes(name)).sort();
        import("${entry}").then((imported) =>
          console.log(JSON.stringify([names(required).join() === names(imported).join(), names(required).length > 0, isCommonjs, added])));`;
      assert.deepEqual(JSON.parse(await runNode(project, code, "commonjs")), [true, true, true, []]);
    });
  }

  it("has one AuthError, required and imported", async () => {
    const code = `
      const { createAuth, AuthError } = require("portcullis");
      const other = require("portcullis/testing");
      import("portcullis").then(async (imported) => {
        const [mine, theirs] = await Promise.all([createAuth, imported.createAuth].map((create) => create().catch((error) => error)));
        const classes = [AuthError, other.AuthError, imported.AuthError];
        console.log(JSON.stringify([mine, theirs].map((error) => classes.map((known) => error instanceof known))));
      });`;
    assert.deepEqual(JSON.parse(await runNode(project, code, "commonjs")), [[true, true, true], [true, true, true]]);
  });

  it("says nothing that only a module may say", async () => {
    for (const { path } of packed.files.filter(({ path }) => path.endsWith(".cjs"))) {
      const text = await readFile(join(project.path, "node_modules/portcullis", path), "utf8");
      assert.doesNotMatch(text, /import\.meta/, path);
      const imported = [...text.matchAll(/\bimport\s*\(\s*"([^"]+)"/g)].map(([, file]) => file);
      assert.deepEqual(imported.filter((file) => !/^\.\/(core|connector|verifier)-js\.js$/.test(file)), [], path);
    }
  });

  describe("where nothing can be imported", () => {
    const run = async (code) => JSON.parse(JSON.stringify(await (await runner(project.path))(code)));

    it("really is a place where nothing can be imported", async () => {
      const outcome = await run(`import("portcullis").then(() => "imported", ({ code }) => code)`);
      assert.equal(outcome, "ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING");
    });

    it("a mock signs in, fails in words and knows its errors", async () => {
      assert.deepEqual(await run(`(async () => {
        const { AuthError, createMockAuth } = require("portcullis/testing");
        const mock = createMockAuth({ user: { sub: "ada" }, signedIn: false });
        await mock.login();
        mock.fail("refresh", "session_expired");
        const error = await mock.getAccessToken({ forceRefresh: true }).catch((error) => error);
        return [mock.user?.sub ?? null, error instanceof AuthError, error.code, error.message !== error.code];
      })()`), [null, true, "session_expired", true]);
    });

    it("the real client signs in at a provider in process, refreshes, looks at itself and signs out", async () => {
      assert.deepEqual(await run(`(async () => {
        const { AuthError, createAuth } = require("portcullis");
        const { createFakeProvider, memoryStorage } = require("portcullis/testing");
        const provider = createFakeProvider({ issuer: "https://id.test", clientId: "portal", users: [{ sub: "ada" }] });
        const auth = await createAuth({
          issuer: "https://id.test", clientId: "portal", redirectUri: "https://portal.test/callback",
          storage: memoryStorage(), host: provider.host,
        });
        auth.login().catch(() => {}); // until it is disposed of
        await auth.handleCallback(await provider.authorize(await provider.navigation()));
        const token = await auth.getAccessToken({ forceRefresh: true });
        const { checks } = await auth.diagnose();
        provider.revokeSessions();
        const error = await auth.getAccessToken({ forceRefresh: true }).catch((error) => error);
        auth.dispose();
        return [typeof token, checks.length > 0, error instanceof AuthError, error.code, error.message !== error.code];
      })()`), ["string", true, true, "session_expired", true]);
    });

    it("tokens are verified, and connections get theirs", async () => {
      assert.deepEqual(await run(`(async () => {
        const { verifyJws } = require("portcullis/verify");
        const { createConnection } = require("portcullis/connect");
        const { connection: preset } = require("portcullis/presets/case-manager.json");
        const { payload } = await verifyJws(${JSON.stringify(TOKEN)}, { keys: ${JSON.stringify(KEYS)}, algorithms: ["EdDSA"], crypto: "software" });
        const connection = await createConnection(preset, {
          secrets: { client_secret: "s" },
          host: { fetch: async () => Response.json({ access_token: "t", expires_in: 60 }) },
        });
        return [String.fromCharCode(...payload), await connection.getAccessToken()];
      })()`), ["Example of Ed25519 signing", "t"]);
    });
  });
});

/**
 * What runs code in a context of its own, and every file that it requires, by the resolution of CommonJS; there,
 * as in a test runner that knows no modules, `import()` is refused.
 */
async function runner(project) {
  const platform = Object.fromEntries(Object.getOwnPropertyNames(globalThis)
    .filter((name) => !(name in vm.runInNewContext("globalThis")) && name !== "global")
    .map((name) => [name, globalThis[name]]));
  const context = vm.createContext({ ...platform });
  const loaded = new Map();
  const home = await realpath(project);

  const load = (path) => {
    if (path.endsWith(".json")) return JSON.parse(readFileSync(path, "utf8"));
    if (!loaded.has(path)) {
      assert.match(path, /\.cjs$/);
      const module = { exports: {} };
      loaded.set(path, module);
      const wrapped = vm.runInContext(`(function (module, exports, require) {${readFileSync(path, "utf8")}\n})`, context, { filename: path });
      wrapped.call(module.exports, module, module.exports, requireFrom(path));
    }
    return loaded.get(path).exports;
  };
  const requireFrom = (path) => {
    const { resolve } = createRequire(path);
    return (name) => load(resolve(name));
  };
  return (code) => vm.runInContext(`(function (require) { return ${code}; })`, context)(requireFrom(join(home, "test.cjs")));
}
