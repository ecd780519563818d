/** Where a system sends somebody back to: hands the answer to the playground, which closes this window. */
import { handOverAuthorization } from "/portcullis/connect.js";

if (!(await handOverAuthorization())) {
  document.querySelector("[role=status]").textContent = "Nobody waits for this answer. Begin again in the playground.";
}
