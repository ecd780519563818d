/** OP: loads frontchannel_logout_uri in a frame. RP: ends the session that `iss` and `sid` name, and no other. */
import assert from "node:assert/strict";

import { inFrame, module } from "../harness.mjs";

const url = (iss, sid) => `/logout?${new URLSearchParams({ iss, sid })}`;
const CALL = "auth.handleFrontChannelLogout()";

module({
  name: "oidcc-client-test-rp-frontchannel-opinitlogout",
  defect: "session",
  expect: "signed-in",
  act: async (visit) => {
    const { op, page } = visit;
    const status = () => page.evaluate(() => auth.state.status);
    const before = op.sequence.length;
    assert.equal(await inFrame(visit, url(`${op.issuer}1`, op.session.sid), CALL), false);
    assert.equal(await inFrame(visit, url(op.issuer, "another"), CALL), true);
    assert.equal(await status(), "signed-in");
    assert.equal(await inFrame(visit, url(op.issuer, op.session.sid), CALL), true);
    await page.waitForFunction(() => auth.state.status === "signed-out");
    assert.equal(op.sequence.length, before, "nobody is asked");
  },
});
