/** OP: the ID token has no exp. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-missing-exp",
  defect: "exp-missing",
  fapi: true,
  expect: "id_token_exp",
});
