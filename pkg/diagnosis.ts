/** What `diagnose()` found, in words. A file of its own, loaded when somebody asks. */

import { findings, ids } from "./build/findings.js";
import type { Diagnosis, TraceEvent } from "./types.js";
import { inWords, learnWords, type Report } from "./words.js";

/** What the module found. */
interface Found {
  issuer: string;
  clientId: string;
  origin: string;
  checks: Check[];
}

/** Either a `finding`, perhaps `about` something, or an `error`. Id and finding are rows of tables. */
interface Check {
  id: number;
  ok: boolean;
  finding?: number;
  about?: string;
  error?: Report & { status?: number };
}

/** The last steps that a report shows. */
const stepsShown = 20;

/** The module's findings, JSON text, as the page gets them; `trace` is what happened before. */
export async function diagnosis(text: string, trace: string): Promise<Diagnosis> {
  const { checks: found, ...setUp }: Found = JSON.parse(text);
  if (found.some(({ error }) => error)) await learnWords();
  const checks = found.map(told);
  const ok = checks.every((check) => check.ok);
  return { ok, checks, report: report(setUp, checks, JSON.parse(trace)) };
}

function told({ id: row, ok, finding, about, error }: Check): Diagnosis["checks"][number] {
  const id = ids[row]!;
  if (error) {
    const { message, remedy } = inWords(error);
    const said = error.oauth ? `: ${inert(error.oauth.error)}` : "";
    return { id, ok, detail: message + (error.status ? `, status ${error.status}` : "") + said, remedy };
  }
  const [sentence, remedy] = findings[finding!]!;
  return { id, ok, detail: sentence + (about ? `: ${inert(about)}` : ""), ...(remedy ? { remedy } : {}) };
}

/** Text to paste into a ticket. It is made of what is no secret: nothing in it was a token or the user's. */
function report(setUp: Omit<Found, "checks">, checks: Diagnosis["checks"], trace: TraceEvent[]): string {
  const lines = [
    "portcullis: diagnosis",
    `  at ${new Date().toISOString()}`,
    ...Object.entries(setUp).map(([name, value]) => `  ${name} ${value}`),
    `  browser ${globalThis.navigator?.userAgent ?? "none"}`,
    "",
  ];
  for (const { id, ok, detail, remedy } of checks) {
    lines.push(`${ok ? (remedy ? "note " : "ok   ") : "WRONG"} ${id}: ${detail}`);
    if (remedy) lines.push(`      > ${remedy}`);
  }
  lines.push("", "last steps");
  for (const { at, step, from, to, detail } of trace.slice(-stepsShown)) {
    const details = Object.entries(detail).map(([name, value]) => ` ${name}=${value}`).join("");
    lines.push(`  ${new Date(at * 1000).toISOString()} ${from} > ${to} ${step}${details}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A provider's text on one line and not too long. */
const inert = (text: string) => text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 200);
