import { oauth2MockServer } from "./engines/oauth2-mock-server.mjs";
import { live } from "./life.mjs";

live(oauth2MockServer);
