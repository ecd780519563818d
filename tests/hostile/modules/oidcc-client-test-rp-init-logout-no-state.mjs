/** OP: returns no state. RP: stays signed out, reports it, starts no sign-in. */
import { assertSignedOut, module } from "../harness.mjs";

module({
  name: "oidcc-client-test-rp-init-logout-no-state",
  defect: "logout-no-state",
  expect: "signed-in",
  act: (visit) => assertSignedOut(visit, { events: ["logout_state"] }),
});
