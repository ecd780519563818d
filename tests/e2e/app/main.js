// The smallest portal there is. The test hands the options in as `settings` and drives the rest.
import { createAuth } from "/portcullis/index.js";

/** A result or an error as plain data, which crosses into the test whole. */
globalThis.outcome = (promise) => promise.then(
  (value) => ({ value }),
  ({ name, code, message, retryable, remedy, oauth, status }) => ({ name, code, message, retryable, remedy, oauth, status }),
);

globalThis.opened = createAuth(settings).then((auth) => (globalThis.auth = auth));
if (location.pathname === "/cb") {
  const url = location.href;
  globalThis.finished = opened.then((auth) => outcome(auth.handleCallback(url)));
}
