// A page with a connection. The test hands its data in as `settings`.
import { createConnection, handOverAuthorization } from "/portcullis/connect.js";

globalThis.create = (data, options) => createConnection(data, options).then(
  (connection) => (globalThis.connection = connection, "ok"),
  ({ code, message }) => `${code} ${message}`,
);

if (location.pathname === "/authorised") globalThis.handed = handOverAuthorization();
else globalThis.opened = globalThis.settings && create(settings.data, settings.options);

document.querySelector("button").onclick = () => {
  globalThis.authorised = connection.authorize().then(() => "ok", ({ code, oauth }) => oauth?.error ?? code);
};
