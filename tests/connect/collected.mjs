/** The garbage collector, asked for. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/** Whether `isSo` comes to hold once nobody holds what nobody needs. */
export async function collected(isSo) {
  for (let round = 0; round < 20; round++) {
    await setImmediate(); // what `isSo` looked at is held until then
    gc();
    await setImmediate();
    if (isSo()) return true;
  }
  return false;
}
