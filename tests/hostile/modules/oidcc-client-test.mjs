/** OP: the happy path, RS256 with a kid. RP: authorizes, redeems, verifies, asks for userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test", defect: "none", expect: "signed-in" });
