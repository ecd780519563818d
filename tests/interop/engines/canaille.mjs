/** Canaille, an identity server written in Python: its own pages, everything in memory. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("canaille.py", import.meta.url));

export const canaille = {
  id: "canaille",
  name: "Canaille",
  issuer: (port) => `http://127.0.0.1:${port}`,
  expects: {
    renews: false, // two tokens of one second are the same text, and the second is born revoked
    silentSignedOut: "callback_iss_missing", // it announces `iss`, and leaves it out of errors
  },

  start({ port, portal, home, launch }) {
    launch(join(home, "bin/python"), ["-I", PROGRAM, port, portal]); // isolated: modules are not looked for beside it
  },

  async signIn(page) {
    const [login, password] = ["login", "password"].map((name) => page.locator(`input[name=${name}]`));
    await login.or(password).waitFor();
    // whoever it knows already is asked for the password alone
    if (await login.isVisible()) {
      await login.fill("alice");
      await page.click("button[type=submit]");
    }
    await password.fill("alicepass");
    await page.click("button[type=submit]");
  },
};
