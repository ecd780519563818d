/**
 * The codes in words. Sentences and remedies are the tables of `src/error.rs` and `src/hint.rs`; they
 * are a file of their own, loaded when something goes wrong for the first time, so that a page where
 * nothing does need not carry them.
 */

/** As much of a failure as its words depend on. */
export interface Report {
  readonly code: string;
  readonly place?: string | undefined;
  readonly oauth?: { error: string; description?: string } | undefined;
}

/** How long an error is kept back for its words: without a network they may not come. */
const patienceMs = 2000;

let wordsOf: (report: Report) => readonly [sentence?: string, remedy?: string] = () => [];
let isPatient = true;

/**
 * Resolves, soon in any case, when the words are there or have to be done without; patience is lost once. Whoever
 * asks at once shares no promise: on the edge that of one request may never settle for another.
 */
export function learnWords(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(void (isPatient = false)), patienceMs);
    import("./build/texts.js")
      .then((module) => (wordsOf = module.words), () => {}) // to be tried again
      .then(() => resolve(clearTimeout(timer)));
    if (!isPatient) resolve();
  });
}

/** Takes the words from one who has them already. */
export const knowWords = (words: typeof wordsOf): void => void (wordsOf = words);

/** What went wrong, where, and what to do about it; the code has to do until there are words. */
export function inWords(report: Report): { message: string; remedy: string } {
  const { code, place } = report;
  const [sentence, remedy = "look the code up in the documentation"] = wordsOf(report);
  return { message: code + (sentence ? `: ${sentence}` : "") + (place ? ` (${place})` : ""), remedy };
}
