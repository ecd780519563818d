import { doorkeeper } from "./engines/doorkeeper.mjs";
import { live } from "./life.mjs";

live(doorkeeper);
