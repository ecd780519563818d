/** OP: the signed response's iss is the issuer + "1". RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-with-invalid-iss-fails",
  defect: "jarm-iss-suffix",
  fapi: true,
  expect: "jarm_iss",
});
