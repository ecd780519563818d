/** OP: rotates the refresh token and the ID token. RP: uses the newest, then the new access token. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-refresh-token",
  defect: "none",
  expect: "signed-in",
  async act({ op, page }) {
    const { events, ...outcome } = await page.evaluate(() => observe(async () => {
      await auth.getAccessToken({ forceRefresh: true });
      await auth.getAccessToken({ forceRefresh: true });
      return auth.userinfo();
    }));
    assert.equal(outcome.value?.sub, "alice", outcome.code);
    assert.deepEqual(events, ["refreshed", "refreshed"]);
    assert.deepEqual(op.sequence.slice(3), ["token", "token", "token", "userinfo"]);
  },
});
