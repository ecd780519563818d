/** OP: PS256 alone, and an iss in the callback. RP: accepts. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-happy-path",
  defect: "none",
  fapi: true,
  expect: "signed-in",
});
