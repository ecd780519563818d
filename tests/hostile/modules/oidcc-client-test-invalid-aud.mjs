/** OP: the ID token's aud is ours + "1". RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-invalid-aud", defect: "aud-suffix", expect: "id_token_aud" });
