/** oauth2-mock-server: no page, no memory, and everything it is asked for. */
import { join } from "node:path";

export const oauth2MockServer = {
  id: "oauth2-mock-server",
  name: "oauth2-mock-server",
  issuer: (port) => `http://localhost:${port}`, // as it calls itself, wherever it listens
  expects: {
    renews: false, // two tokens of one second are the same text
    frame: "unsupported", // of another site than the portal
    silentSignedOut: true, // everybody is signed in
    spent: undefined, // any refresh token will do
  },

  start({ port, home, launch }) {
    const program = join(home, "node_modules/oauth2-mock-server/dist/oauth2-mock-server.mjs");
    launch(process.execPath, [program, "-a", "127.0.0.1", "-p", port]);
  },
};
