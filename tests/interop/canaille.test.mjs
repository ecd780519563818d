import { canaille } from "./engines/canaille.mjs";
import { live } from "./life.mjs";

live(canaille);
