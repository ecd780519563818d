/** OP: the metadata's issuer is ours + "INVALID". RP: stops: there is no authorization request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-discovery-issuer-mismatch",
  defect: "issuer-suffix",
  fapi: true,
  expect: "discovery_issuer_mismatch",
});
