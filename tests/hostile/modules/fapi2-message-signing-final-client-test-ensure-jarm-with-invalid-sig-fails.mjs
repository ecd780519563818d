/** OP: every byte of the signature of the response is changed. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-with-invalid-sig-fails",
  defect: "jarm-signature-spoilt",
  fapi: true,
  expect: "jwt_signature",
});
