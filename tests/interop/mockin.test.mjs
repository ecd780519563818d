import { mockin } from "./engines/mockin.mjs";
import { live } from "./life.mjs";

live(mockin);
