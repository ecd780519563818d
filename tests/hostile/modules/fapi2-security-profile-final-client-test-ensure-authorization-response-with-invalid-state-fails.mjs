/** OP: the callback's state is ours + "1". RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails",
  defect: "state-suffix",
  fapi: true,
  expect: "callback_state_unknown",
});
