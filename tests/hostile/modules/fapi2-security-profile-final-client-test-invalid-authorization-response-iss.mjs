/** OP: the callback's iss is the issuer + "1". RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-authorization-response-iss",
  defect: "callback-iss-suffix",
  fapi: true,
  expect: "callback_iss_mismatch",
});
