/** OP: demands a scope that yields claims. RP: asks for one, and for userinfo. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-scope-userinfo-claims",
  defect: "none",
  expect: "signed-in",
  async act({ op, page }) {
    assert.match(op.queries.authorize.get("scope"), /\b(profile|email|phone|address)\b/);
    assert.equal(await page.evaluate(() => auth.userinfo().then(({ name }) => name)), "Alice");
  },
});
