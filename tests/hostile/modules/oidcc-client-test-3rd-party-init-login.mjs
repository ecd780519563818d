/** OP: opens initiate_login_uri with its issuer. RP: begins an ordinary sign-in for its own issuer, and none for another. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-3rd-party-init-login",
  defect: "none",
  expect: "signed-in",
  act: async ({ op, page, portal }) => {
    const initiated = (iss) => `${portal.origin}/start?${new URLSearchParams({ iss, target_link_uri: "https://evil.example/" })}`;
    const { code } = await page.evaluate((url) => observe(() => auth.handleInitiatedLogin(url)), initiated(`${op.issuer}1`));
    assert.equal(code, "initiate_iss");
    const before = op.sequence.length;
    const back = page.waitForURL((url) => url.pathname === "/cb" && url.search !== "");
    await page.evaluate((url) => void auth.handleInitiatedLogin(url), initiated(op.issuer));
    await back;
    const { value } = await page.evaluate(() => finished);
    assert.deepEqual([value.user.sub, value.returnTo], ["alice", "/"]);
    assert.deepEqual(op.sequence.slice(before), ["authorize", "token"]);
  },
});
