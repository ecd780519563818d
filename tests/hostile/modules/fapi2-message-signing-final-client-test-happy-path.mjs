/** OP: a response that is signed with PS256, as ID tokens are. RP: asks for it, accepts. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-message-signing-final-client-test-happy-path",
  defect: "jarm",
  fapi: true,
  expect: "signed-in",
});
