/** OP: the metadata's issuer is ours + "INVALID". RP: stops: there is no authorization request. */
import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-discovery-issuer-mismatch",
  defect: "issuer-suffix",
  expect: "discovery_issuer_mismatch",
});
