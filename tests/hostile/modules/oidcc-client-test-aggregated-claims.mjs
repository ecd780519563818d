/** OP: userinfo names claims of another source, and brings them. RP: calls userinfo, and hands them over as they are. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-aggregated-claims", defect: "aggregated-claims", expect: "signed-in" });
