/** OP: the signed response's alg is none, its signature empty. RP: sends no token request. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-ensure-jarm-signature-is-not-none",
  defect: "jarm-alg-none",
  fapi: true,
  expect: "jwt_alg",
});
