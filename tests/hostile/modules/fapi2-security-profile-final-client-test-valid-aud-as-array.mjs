/** OP: the ID token's aud is a list of us. RP: accepts. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-valid-aud-as-array",
  defect: "aud-array",
  fapi: true,
  expect: "signed-in",
});
