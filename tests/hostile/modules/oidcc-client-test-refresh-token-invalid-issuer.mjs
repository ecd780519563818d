/** OP: the refreshed ID token's iss is the issuer + "1". RP: refuses the whole answer: the session stays as it was. */
import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-refresh-token-invalid-issuer",
  defect: "refresh-iss-suffix",
  expect: "refresh_id_token",
});
