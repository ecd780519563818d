import { nanoidp } from "./engines/nanoidp.mjs";
import { live } from "./life.mjs";

live(nanoidp);
