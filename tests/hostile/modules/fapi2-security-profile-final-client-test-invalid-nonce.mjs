/** OP: the ID token's nonce is ours + "1". RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-nonce",
  defect: "nonce-suffix",
  fapi: true,
  expect: "id_token_nonce",
});
