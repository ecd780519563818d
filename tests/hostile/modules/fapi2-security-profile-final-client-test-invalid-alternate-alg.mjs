/** OP: the ID token is signed with RS256, properly and by a published key, where PS256 is announced. RP: refuses it for its alg. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-alternate-alg",
  defect: "alg-not-announced",
  fapi: true,
  expect: "jwt_alg",
});
