/** The corpus of tokens and keys, as whoever verifies with `portcullis/verify` is asked about it. */
import { readFile } from "node:fs/promises";

/** `{ name, token, options, whole, expect }`: `whole` if the claims are judged, too. */
export async function corpus() {
  const { sets, cases } = JSON.parse(await readFile(new URL("../corpus/corpus.json", import.meta.url), "utf8"));
  return cases.map(({ name, token, keys, algorithms, jwt, expect }) => ({
    name,
    token: typeof token === "string" ? token : token.map(written).join(""),
    options: { keys: sets[keys], algorithms, ...jwt },
    whole: !!jwt,
    expect,
  }));
}

/** Tokens too long to be written down are lists of parts. */
const written = (part) => (typeof part === "string" ? part : part.repeat.repeat(part.times));

/** What each case came to where it did not come to what it must. Runs in pages, too: it takes all it needs. */
export async function judge({ verifyJws, verifyJwt }, cases, crypto) {
  const wrong = [];
  for (const { name, token, options, whole, expect } of cases) {
    const verify = whole ? verifyJwt : verifyJws;
    const verdict = await verify(token, { ...options, crypto }).then(() => "ok", ({ code, message }) => code ?? message);
    if (verdict !== expect) wrong.push(`${name}: ${verdict} instead of ${expect}`);
  }
  return wrong;
}
