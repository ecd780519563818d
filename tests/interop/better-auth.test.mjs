import { betterAuth } from "./engines/better-auth.mjs";
import { live } from "./life.mjs";

live(betterAuth);
live(betterAuth, { dpop: true });
