/** OP: every byte of an RS256 signature is changed. RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-invalid-sig-rs256", defect: "signature-rs256-spoilt", expect: "jwt_signature" });
