/** Django OAuth Toolkit, which makes a provider of a Django project: one of a single file, with a login page of its own. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("django-oauth-toolkit.py", import.meta.url));

export const djangoOauthToolkit = {
  id: "django-oauth-toolkit",
  name: "Django OAuth Toolkit",
  issuer: (port) => `http://127.0.0.1:${port}/o`,

  start({ port, portal, home, launch }) {
    launch(join(home, "bin/python"), ["-I", PROJECT, port, portal]); // isolated: modules are not looked for beside it
  },

  async signIn(page) {
    await page.fill("input[name=username]", "alice");
    await page.fill("input[name=password]", "alicepass");
    await page.click("button");
  },

  async signOut(page) {
    await page.click("input[name=allow]");
  },
};
