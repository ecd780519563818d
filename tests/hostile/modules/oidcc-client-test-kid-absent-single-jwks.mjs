/** OP: keys and token have no kid, and one RSA key is there for signing. RP: accepts with the only key that fits. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-kid-absent-single-jwks", defect: "no-kid-one-key-fits", expect: "signed-in" });
