/** OP: the signed response's aud is ours + "1". RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-with-invalid-aud-fails",
  defect: "jarm-aud-suffix",
  fapi: true,
  expect: "jarm_aud",
});
