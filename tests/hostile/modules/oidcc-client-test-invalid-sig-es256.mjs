/** OP: every byte of an ES256 signature is changed. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-invalid-sig-es256", defect: "signature-es256-spoilt", expect: "jwt_signature" });
