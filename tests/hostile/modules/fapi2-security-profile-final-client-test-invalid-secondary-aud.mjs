/** OP: the ID token is for us and for somebody we do not know, without azp. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-invalid-secondary-aud",
  defect: "aud-of-two",
  fapi: true,
  expect: "id_token_aud",
});
