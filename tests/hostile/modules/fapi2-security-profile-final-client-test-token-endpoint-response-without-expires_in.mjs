/** OP: the token response says nothing of its lifetime (it never does here). RP: accepts, its end is unknown. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in",
  defect: "none",
  fapi: true,
  expect: "signed-in",
  async act({ page }) {
    assert.equal(await page.evaluate(() => auth.state.accessTokenExpiresAt), null);
    assert.equal(await page.evaluate(() => auth.userinfo().then(({ sub }) => sub)), "alice");
  },
});
