/** OP: every key and kid is new when the ID token is signed. RP: looks at the key set once more, and accepts. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-signing-key-rotation-just-before-signing", defect: "rotation", expect: "signed-in" });
