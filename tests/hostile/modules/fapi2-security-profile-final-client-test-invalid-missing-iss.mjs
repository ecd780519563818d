/** OP: the ID token has no iss. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-missing-iss",
  defect: "iss-missing",
  fapi: true,
  expect: "id_token_iss",
});
