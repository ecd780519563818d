/** OP: the callback's iss is announced and missing. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-remove-authorization-response-iss",
  defect: "callback-iss-missing",
  fapi: true,
  expect: "callback_iss_missing",
});
