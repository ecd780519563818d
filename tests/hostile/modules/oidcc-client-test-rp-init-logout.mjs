/** OP: checks id_token_hint and post_logout_redirect_uri, returns our state. RP: sends all three, and knows its answer. */
import { assertSignedOut, module } from "../harness.mjs";

module({
  name: "oidcc-client-test-rp-init-logout",
  defect: "none",
  expect: "signed-in",
  act: (visit) => assertSignedOut(visit, { events: [] }),
});
