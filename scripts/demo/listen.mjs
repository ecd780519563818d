/** A loopback HTTP server on the port asked for, or on a free one where that is taken. */
import { once } from "node:events";
import { createServer } from "node:http";

const HOST = "127.0.0.1";

export async function listen(port) {
  const server = createServer();
  try {
    await once(server.listen(port, HOST), "listening");
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    await once(server.listen(0, HOST), "listening");
  }
  return {
    origin: `http://${HOST}:${server.address().port}`,
    /** Answers every request with `handler`, which may be async; what it throws costs that request alone. */
    answerWith(handler) {
      server.on("request", async (request, response) => {
        try {
          await handler(request, response);
        } catch (error) {
          console.error(error);
          if (!response.headersSent) response.writeHead(500);
          response.end();
        }
      });
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
