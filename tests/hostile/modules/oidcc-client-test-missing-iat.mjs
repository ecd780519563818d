/** OP: the ID token has no iat. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-missing-iat", defect: "iat-missing", expect: "id_token_iat" });
