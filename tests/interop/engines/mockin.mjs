/** Mockin, the mock of Hellō: no page, no refresh tokens, no word of how long a token lives. */
import { join } from "node:path";

export const mockin = {
  id: "mockin",
  name: "Mockin",
  scope: "openid name",
  issuer: (port) => `http://127.0.0.1:${port}`,
  expects: {
    refreshes: false,
    endsSession: false,
    silentSignedOut: true, // everybody is signed in
  },

  start({ port, url, home, launch }) {
    launch(process.execPath, [join(home, "node_modules/@hellocoop/mockin/src/server.js")], { PORT: port, ISSUER: url });
  },
};
