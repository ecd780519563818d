/** OP: the signed response has no aud. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-without-aud-fails",
  defect: "jarm-aud-missing",
  fapi: true,
  expect: "jarm_aud",
});
