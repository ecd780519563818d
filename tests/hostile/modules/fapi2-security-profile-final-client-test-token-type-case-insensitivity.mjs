/** OP: the token type is written in odd case. RP: accepts. */
import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-token-type-case-insensitivity",
  defect: "token-type-in-odd-case",
  fapi: true,
  expect: "signed-in",
});
