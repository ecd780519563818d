/** OP: its keys, as every endpoint, are at a random address. RP: asks there, after discovery and before userinfo. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-discovery-jwks-uri-keys",
  defect: "none",
  expect: "signed-in",
  async act({ op, page }) {
    await page.evaluate(() => auth.userinfo());
    assert.deepEqual(op.sequence, ["discovery", "jwks", "authorize", "token", "userinfo"]);
  },
});
