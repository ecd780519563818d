/** OP: returns our state + "_INVALID". RP: stays signed out, reports it, starts no sign-in. */
import { assertSignedOut, module } from "../harness.mjs";

module({
  name: "oidcc-client-test-rp-init-logout-other-state",
  defect: "logout-other-state",
  expect: "signed-in",
  act: (visit) => assertSignedOut(visit, { events: ["logout_state"] }),
});
