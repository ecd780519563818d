import { lemonldap } from "./engines/lemonldap.mjs";
import { live } from "./life.mjs";

live(lemonldap);
