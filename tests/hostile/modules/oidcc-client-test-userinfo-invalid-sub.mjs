/** OP: userinfo's sub is ours + "invalid". RP: refuses the answer, shows no claim of it; the session stays. */
import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-userinfo-invalid-sub",
  defect: "userinfo-sub-suffix",
  expect: "userinfo_sub_mismatch",
});
