/** OP: the ID token has no nonce. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-missing-nonce",
  defect: "nonce-missing",
  fapi: true,
  expect: "id_token_nonce",
});
