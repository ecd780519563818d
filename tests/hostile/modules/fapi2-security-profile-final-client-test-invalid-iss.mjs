/** OP: the ID token's iss is the issuer + "1". RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-iss",
  defect: "iss-suffix",
  fapi: true,
  expect: "id_token_iss",
});
