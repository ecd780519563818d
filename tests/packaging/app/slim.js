import bytes from "portcullis/portcullis.wasm";
import { createAuth } from "portcullis/slim";

import { options, run } from "./portal.js";

run(createAuth(options, bytes));
