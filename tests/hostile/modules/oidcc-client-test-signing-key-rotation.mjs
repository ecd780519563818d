/** OP: changes every key at the second sign-in. RP: accepts both, its copy of the keys notwithstanding. */
import assert from "node:assert/strict";

import { module } from "../harness.mjs";

module({
  name: "oidcc-client-test-signing-key-rotation",
  defect: "none",
  expect: "signed-in",
  async act(visit) {
    await visit.op.rotate();
    const { code, value } = await visit.signIn();
    assert.equal(value?.user.sub, "alice", code);
    assert.deepEqual(visit.op.sequence, ["discovery", "jwks", "authorize", "token", "authorize", "token", "jwks"]);
  },
});
