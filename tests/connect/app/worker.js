// A worker with a connection. The page hands its data in.
import { createConnection } from "/portcullis/connect.js";

addEventListener("message", async ({ data: [data, options] }) => {
  postMessage(await createConnection(data, options).then(() => "ok", ({ code, message }) => `${code} ${message}`));
});
