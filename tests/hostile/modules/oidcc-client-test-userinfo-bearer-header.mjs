/** OP: demands the access token in the header of the userinfo request. RP: puts it there, and nowhere else. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-userinfo-bearer-header",
  defect: "none",
  expect: "signed-in",
  async act({ op, page }) {
    assert.equal(await page.evaluate(() => auth.userinfo().then(({ sub }) => sub)), "alice");
    assert.equal([...op.queries.userinfo].length, 0); // what else there is to say is in `op.complaints`
  },
});
