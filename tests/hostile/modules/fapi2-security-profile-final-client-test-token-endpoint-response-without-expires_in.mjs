/** OP: the token response says nothing of its lifetime (it never does here). RP: accepts: the access token's end is unknown. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in",
  defect: "none",
  fapi: true,
  expect: "signed-in",
});
