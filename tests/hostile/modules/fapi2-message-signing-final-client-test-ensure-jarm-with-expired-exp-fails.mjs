/** OP: the signed response expired six minutes ago. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-with-expired-exp-fails",
  defect: "jarm-exp-past",
  fapi: true,
  expect: "jarm_exp",
});
