import { issuerd } from "./engines/issuerd.mjs";
import { live } from "./life.mjs";

live(issuerd);
live(issuerd, { par: true });
live(issuerd, { jarm: true });
