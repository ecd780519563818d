/** E-mail gates: a page may not ask one, so its server does. */
import { previewConnection } from "/portcullis/connect.js";

/** What is wrong with a gate's data: the rules for its members are those of a connection's. */
export async function validateGate({ baseUrl, values, timeout }) {
  const { problems } = await previewConnection({ id: "gate", type: "two-legged", tokenUrl: baseUrl, values, timeout });
  return problems.map(({ field, message }) => ({ field: field.replace(/^tokenUrl/, "baseUrl"), message }));
}

/** Who asks whom. */
export function previewGate({ baseUrl, values = {} }) {
  const base = baseUrl.replace(/%\[(\w+)\]/g, (_, name) => values[name] ?? "").replace(/\/$/, "");
  return {
    participants: [
      { id: "page", label: "Page" },
      { id: "backend", label: "Back-end" },
      { id: "service", label: `Service ${new URL(base).origin}` },
    ],
    steps: [
      { step: "may this user enter?", from: "page", to: "backend", detail: { user: "by the access token" } },
      {
        step: "question", from: "backend", to: "service", detail: {},
        request: {
          method: "GET",
          url: `${base}/authorize?email=‹email›`,
          headers: [{ name: "authorization", value: "Basic base64(‹user›:‹password›)" }],
        },
      },
      { step: "answer", from: "service", to: "backend", detail: { email: "the same address", authorised: "true, or it is a no" } },
      { step: "verdict", from: "backend", to: "page", detail: {} },
    ],
  };
}

/** Asks by way of this page's server. */
export async function askGate(gate, secrets, email, signal) {
  const answer = await fetch("/playground/gate", {
    method: "POST",
    signal,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ gate, secrets, email }),
  });
  if (!answer.ok) throw new Error(`the playground’s server answered ${answer.status}`);
  return answer.json();
}

/** What a verdict means, and what to do about it. */
export const VERDICTS = {
  authorised: { ok: true, title: "May enter", text: "The service said yes for this very address." },
  refused: { ok: true, title: "May not enter", text: "The service said no. That is an answer: the gate works." },
  unclear: {
    title: "May not enter: the answer is no clear yes",
    text: "The service answered with an error, or for another address.",
    remedy: "Look at the answer below. After a 401, check the user and the password; after a 404, the base URL.",
  },
  unreachable: {
    title: "May not enter: the service cannot be reached",
    text: "Nobody answered in time.",
    remedy: "Check the base URL, and that this machine may reach the service.",
  },
};
