/** What `diagnose()` found, in words. */

import type { Diagnosis } from "./types.js";
import { inWords, learnWords } from "./words.js";

/** A check as the module reports it: with a code, and perhaps a place, where it failed. */
interface Check {
  id: string;
  code?: string;
  place?: string;
}

/** The module's checks, JSON text of a list, as the page gets them. */
export async function diagnosis(text: string): Promise<Diagnosis> {
  const found: Check[] = JSON.parse(text);
  const ok = found.every(({ code }) => !code);
  if (!ok) await learnWords();
  let report = "portcullis\n";
  const checks = found.map(({ id, code, place }) => {
    if (!code) {
      report += `ok    ${id}\n`;
      return { id, ok: true, detail: "as it should be" };
    }
    const { message, remedy } = inWords(code, place);
    report += `wrong ${id}: ${message}; ${remedy}\n`;
    return { id, ok: false, detail: message, remedy };
  });
  return { ok, checks, report };
}
