/** OP: the metadata lists RS256 alone, and the ID token is signed so. RP: accepts. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-idtoken-sig-rs256", defect: "rs256-only", expect: "signed-in" });
