/** OP: the ID token's nonce is ours + "1". RP: refuses it, asks for no userinfo. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-nonce-invalid", defect: "nonce-suffix", expect: "id_token_nonce" });
