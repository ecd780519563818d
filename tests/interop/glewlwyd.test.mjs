import { glewlwyd } from "./engines/glewlwyd.mjs";
import { live } from "./life.mjs";

live(glewlwyd);
