import { createAuth } from "portcullis";

import { options, run } from "./portal.js";

run(createAuth(options));
