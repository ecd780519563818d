/** OP: the ID token's alg is none, its signature empty. RP: refuses it, although the metadata announces none. */
import { module } from "../harness.mjs";

module({ name: "oidcc-client-test-idtoken-sig-none", defect: "alg-none", expect: "jwt_alg" });
