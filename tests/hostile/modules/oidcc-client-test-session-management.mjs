/** OP: has a session_state and a frame that is asked about it. RP: asks the frame alone; a change leads to one look, which decides. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-session-management",
  defect: "session",
  expect: "signed-in",
  settings: { monitorSession: true },
  act: async ({ op, page }) => {
    await page.waitForFunction(() => document.querySelector("iframe"));
    assert.equal(await page.evaluate(() => auth.state.status), "signed-in");
    await page.context().addCookies([op.endSession()]);
    await page.waitForFunction(() => events.some(([kind, detail]) => kind === "signed-out" && detail.includes("provider")));
    assert.deepEqual(op.sequence.filter((name) => name !== "check").slice(4), ["authorize"], "one look, and no token");
    assert.equal(await page.evaluate(() => auth.state.status), "signed-out");
    assert.equal(await page.evaluate(() => document.querySelectorAll("iframe").length), 0);
  },
});
