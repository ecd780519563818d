/** OP: the refreshed ID token's sub is ours + "1". RP: refuses the whole answer: the session stays as it was. */
import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-refresh-token-invalid-sub",
  defect: "refresh-sub-suffix",
  expect: "refresh_id_token",
});
