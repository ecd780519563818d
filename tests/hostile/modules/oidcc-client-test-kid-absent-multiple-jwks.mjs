/** OP: keys and token have no kid, and several RSA keys fit. RP: tries each of them (at most ten), and accepts. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-kid-absent-multiple-jwks", defect: "no-kid-three-keys-fit", expect: "signed-in" });
