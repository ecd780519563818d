/** OP: the signed response has no iss. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-without-iss-fails",
  defect: "jarm-iss-missing",
  fapi: true,
  expect: "jarm_iss",
});
