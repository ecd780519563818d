/** A loopback port for a program that has to be told one. */
import { once } from "node:events";
import { createServer } from "node:net";

/** One that nobody listens on right now. */
export async function freePort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
