/** OP: the callback has no state. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails",
  defect: "state-missing",
  fapi: true,
  expect: "callback_state_missing",
});
