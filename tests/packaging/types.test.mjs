/** The package's types as projects of every kind find them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";

import { createProject, pack, root } from "./project.mjs";

/** Uses something of each entry, as a value and as a type. */
const everyEntry = `
import { AuthError, createAuth, type Auth } from "portcullis";
import { createAuth as createSlim } from "portcullis/slim";
import { verifyJwt, type VerifyJwtOptions } from "portcullis/verify";
import { createConnection, type Connection } from "portcullis/connect";
import { entra } from "portcullis/presets";
import { createMockAuth, type MockAuth } from "portcullis/testing";

const mock: MockAuth = createMockAuth();
const auth: Auth = mock;
export const fails = (error: unknown): string => (error instanceof AuthError ? error.code : "");
export const used = [createAuth, createSlim, verifyJwt, createConnection, entra, auth] as const;
export type Used = [VerifyJwtOptions, Connection];
// what is no type at all would be assignable
export const wrong: Parameters<typeof createAuth>[0] = {
  issuer: "https://id.test", clientId: "c", redirectUri: "https://p.test/",
  // @ts-expect-error no persistence of that name
  persist: "for ever",
};
`;

describe("the package's types", { timeout: 240_000 }, () => {
  let packed, project;
  before(async () => {
    packed = await pack();
    project = await createProject(packed.tarball);
    await cp(join(root, "tests/types"), join(project.path, "types"), { recursive: true });
    await writeFile(join(project.path, "every.ts"), everyEntry);
    await writeFile(join(project.path, "required.cts"), everyEntry);
    await writeFile(join(project.path, "server.ts"), `
      import { verifyJwt } from "portcullis/verify";
      export const verify = (token: string) => verifyJwt(token, {
        keys: new URL("https://id.test/keys"), algorithms: ["RS256"], issuer: "https://id.test", audience: "api",
      });`);
  });
  after(() => Promise.all([packed?.remove(), project?.remove()]));

  const DOM = ["--lib", "es2022,dom,dom.iterable"];
  /** A server's: Node's own types, and none of a page. */
  const NODE = ["--lib", "es2022", "--types", "node", "--typeRoots", join(root, "node_modules/@types")];

  const projects = {
    "nodenext": [DOM, "nodenext", "nodenext", ["types/contract.ts", "types/usage.ts", "every.ts"]],
    "bundler": [DOM, "esnext", "bundler", ["types/contract.ts", "types/usage.ts", "every.ts"]],
    "node16, required": [DOM, "node16", "node16", ["required.cts"]],
    "nodenext, required": [DOM, "nodenext", "nodenext", ["required.cts"]],
    "node10": [[...DOM, "--ignoreDeprecations", "6.0"], "es2022", "node10", ["every.ts"]],
    "a server's that verifies tokens, without the DOM": [NODE, "node16", "node16", ["server.ts"]],
  };
  for (const [name, [options, module, moduleResolution, files]] of Object.entries(projects)) {
    it(`resolve and hold together, in every file: ${name}`, async () => {
      const checked = promisify(execFile)(process.execPath, [
        join(root, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022", ...options,
        "--module", module, "--moduleResolution", moduleResolution, ...files,
      ], { cwd: project.path });
      await checked.catch(({ stdout }) => assert.fail(stdout));
    });
  }
});
