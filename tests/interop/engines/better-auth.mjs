/** Better Auth with its provider plug-in: a library for Node, with what its user adds of pages and CORS. */
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(new URL("better-auth.server.mjs", import.meta.url));

export const betterAuth = {
  id: "better-auth",
  name: "Better Auth",
  issuer: (port) => `http://127.0.0.1:${port}/api/auth`,

  start({ port, portal, home, launch }) {
    launch(process.execPath, [SERVER, home], { PORT: port, PORTAL: portal });
  },

  async signIn(page) {
    await page.fill("input[name=password]", "alicepass");
    await page.click("button");
    await page.waitForURL((url) => url.pathname !== "/login");
    if (new URL(page.url()).pathname === "/consent") await page.getByText("Allow").click();
  },

  async signOut(page) {
    // where no ID token tells it whose sign-out it is
    if (await page.getByText("Do you want to log out").isVisible()) await page.click("button");
  },
};
