/** OP: the ID token has no sub. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-missing-sub", defect: "sub-missing", expect: "id_token_sub" });
