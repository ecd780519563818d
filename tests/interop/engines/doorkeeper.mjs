/** Doorkeeper with doorkeeper-openid_connect, the provider in GitLab and Mastodon: Debian's packages, a Rails application. */
import { fileURLToPath } from "node:url";

const APPLICATION = fileURLToPath(new URL("doorkeeper.ru", import.meta.url));

export const doorkeeper = {
  id: "doorkeeper",
  name: "Doorkeeper",
  issuer: (port) => `http://127.0.0.1:${port}`,
  expects: { spent: [undefined, "signed-in"] }, // a refresh token lasts until the access token that it brought is used

  async start({ portal, url, launch }) {
    const address = url.replace("http:", "tcp:");
    launch("puma", ["--quiet", "--bind", address, "--threads", "1:4", APPLICATION], { ISSUER: url, PORTAL: portal });
  },

  async signIn(page) {
    await page.fill("input[name=name]", "alice");
    await page.click("input[type=submit]");
  },
};
