/** OP: is done when its metadata was asked for. RP: asks for it first, at the issuer without its last slash. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-discovery-openid-config",
  defect: "none",
  expect: "signed-in",
  act({ op }) {
    assert.ok(op.issuer.endsWith("/"));
    assert.equal(op.sequence[0], "discovery");
  },
});
