import { glewlwyd } from "./engines/glewlwyd.mjs";
import { live } from "./life.mjs";

live(glewlwyd);
live(glewlwyd, { dpop: true });
live(glewlwyd, { jarm: true });
// of a pushed request it keeps neither `prompt` nor `id_token_hint`, and asks
live(glewlwyd, { par: true }, { silent: undefined, silentSignedOut: undefined });
