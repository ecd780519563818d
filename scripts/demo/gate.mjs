/** Asks an e-mail gate on behalf of the playground, and notes what was sent and answered, without secrets. */
import { createGate } from "portcullis/connect";

/** The longest body that is shown. */
const SHOWN = 4096;

/**
 * @param {object} question
 * @param {object} question.gate the gate's data
 * @param {{ user?: string, password?: string }} question.secrets for HTTP Basic
 * @param {string} question.email whose entry is asked for
 * @returns the verdict and the steps, or the error in words
 */
export async function askGate({ gate: data, secrets: { user = "", password = "" }, email }) {
  const steps = [];
  // the longest first, so that no part of one stays behind
  const hidden = [Buffer.from(`${user}:${password}`).toString("base64"), ...formsOf(password), user.length > 3 ? user : ""]
    .filter(Boolean).sort((a, b) => b.length - a.length);
  const inert = (text) => hidden.reduce((shown, secret) => shown.replaceAll(secret, "‹redacted›"), text);
  try {
    const gate = await createGate(data, { user, password, host: { fetch: noted } });
    const { message, ...verdict } = await gate.check(email);
    return { verdict: { ...verdict, ...(message !== undefined && { message: inert(message) }) }, steps };
  } catch ({ code, message, remedy }) {
    return { error: { code, message: inert(`${message}`), remedy }, steps };
  }

  async function noted(input, init) {
    const request = new Request(input, init);
    const headers = [...request.headers].map(([name, value]) =>
      ({ name, value: name === "authorization" ? "Basic base64(‹user›:‹password›)" : inert(value) }));
    const began = performance.now();
    const step = { step: "question", from: "backend", to: "service", request: { method: request.method, url: inert(request.url), headers } };
    steps.push(step);
    const answer = await fetch(request);
    step.tookMs = Math.round(performance.now() - began);
    const body = inert(await answer.clone().text()).slice(0, SHOWN);
    step.answer = { status: answer.status, contentType: answer.headers.get("content-type") ?? "", body };
    step.ok = answer.ok;
    return answer;
  }
}

/** A password as it is, and as JSON and a URL have it. */
function formsOf(password) {
  return [password, JSON.stringify(password).slice(1, -1), encodeURIComponent(password)];
}
