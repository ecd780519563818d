/** OP: the ID token has no aud. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-missing-aud",
  defect: "aud-missing",
  fapi: true,
  expect: "id_token_aud",
});
