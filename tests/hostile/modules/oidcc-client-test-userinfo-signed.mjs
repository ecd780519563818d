/** OP: userinfo is a token, signed with RS256, with iss and aud. RP: verifies it, and takes its claims. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-userinfo-signed", defect: "userinfo-signed", expect: "signed-in" });
