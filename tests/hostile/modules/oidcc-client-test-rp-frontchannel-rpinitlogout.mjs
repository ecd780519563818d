/** OP: answers our sign-out, and loads frontchannel_logout_uri on its way. RP: is signed out already, and stays so. */
import assert from "node:assert/strict";

import { assertSignedOut, inFrame, module } from "../harness.mjs";

module({
  name: "oidcc-client-test-rp-frontchannel-rpinitlogout",
  defect: "session",
  expect: "signed-in",
  act: async (visit) => {
    await assertSignedOut(visit, { events: [] });
    const params = new URLSearchParams({ iss: visit.op.issuer, sid: visit.op.session.sid });
    assert.equal(await inFrame(visit, `/logout?${params}`, "auth.handleFrontChannelLogout()"), true);
    assert.equal(await visit.page.evaluate(() => auth.state.status), "signed-out");
  },
});
