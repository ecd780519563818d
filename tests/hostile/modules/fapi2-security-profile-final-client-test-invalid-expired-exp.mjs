/** OP: the ID token expired six minutes ago. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-expired-exp",
  defect: "exp-past",
  fapi: true,
  expect: "id_token_exp",
});
