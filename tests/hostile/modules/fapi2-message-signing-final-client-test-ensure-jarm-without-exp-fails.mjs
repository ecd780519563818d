/** OP: the signed response has no exp. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-without-exp-fails",
  defect: "jarm-exp-missing",
  fapi: true,
  expect: "jarm_exp",
});
