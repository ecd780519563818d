/** OP: the ID token's iss is the issuer + "1". RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-invalid-iss", defect: "iss-suffix", expect: "id_token_iss" });
