/** OP: the ID token's alg is none, its signature empty. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-null-alg",
  defect: "alg-none",
  fapi: true,
  expect: "jwt_alg",
});
