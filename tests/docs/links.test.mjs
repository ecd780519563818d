/** What the documents point to is there: links, and every path of this project that they name. */
import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const DOCUMENTS = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"];
/** Generated: there only after a build. */
const BUILT = /^(pkg\/(build|dist)|target|node_modules)\b/;

const exists = (path) => stat(path).then(() => true, () => false);
/** The anchor of a heading, as GitHub makes it. */
const anchor = (heading) => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");
const headings = (text) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading));

for (const document of DOCUMENTS) {
  test(`${document} points to what is there`, async () => {
    const text = await readFile(join(root, document), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    for (const [, path, fragment] of links) {
      const target = path ? join(root, dirname(document), path) : join(root, document);
      assert.ok(await exists(target), `${document} links to ${path}, which is not there`);
      if (fragment) assert.ok(headings(await readFile(target, "utf8")).includes(fragment), `${document} links to #${fragment}, which is no heading`);
    }
    const named = [...text.matchAll(/`((?:src|pkg|scripts|tests|www|\.ci)\/[\w./-]*)`/g)].map(([, path]) => path);
    for (const path of new Set(named)) {
      if (!BUILT.test(path)) assert.ok(await exists(join(root, path)), `${document} names ${path}, which is not there`);
    }
  });

  test(`${document} names only scripts that package.json has`, async () => {
    const text = await readFile(join(root, document), "utf8");
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    for (const [, name] of text.matchAll(/`npm run ([\w-]+)/g)) assert.ok(scripts[name], `npm run ${name}`);
  });
}

test("ARCHITECTURE.md has a place for every folder", async () => {
  const text = await readFile(join(root, "ARCHITECTURE.md"), "utf8");
  const [, map] = /^## Map\n([\s\S]*?)^## /m.exec(text);
  const [, tests] = /^## Tests\n([\s\S]*?)^## /m.exec(text);
  const folders = async (path) => (await readdir(join(root, path), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory()).map(({ name }) => `${path}/${name}`).filter((folder) => !BUILT.test(folder));
  for (const [part, said] of [["src", map], ["pkg", map], ["www", map], ["scripts", map], ["tests", tests]]) {
    for (const folder of await folders(part)) assert.match(said, new RegExp(`\`${folder}\\b`), `nothing is said of ${folder}`);
  }
});
