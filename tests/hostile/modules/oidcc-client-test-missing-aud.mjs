/** OP: the ID token has no aud. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-missing-aud", defect: "aud-missing", expect: "id_token_aud" });
