/** An authorization service for e-mail addresses, with the oddities that such services have. */
import { basicOf, json } from "./trouble.mjs";

const MEMBERS = ["ada@example.org", "charles+engine@example.org"];

export function createEmailGate({ secrets }) {
  const state = {
    /** Answers the next question with this instead: `(response, email) => void`. */
    next: undefined,
  };
  return { answer, tokenPath: "/authorize", state };

  function answer(request, response) {
    const { user, password } = basicOf(request);
    if (request.method !== "GET" || request.path !== "/authorize") return json(response, 404, { error: "not_found", error_message: "nothing here" });
    if (user !== secrets.user || password !== secrets.password) {
      return json(response, 401, { error: "unauthorized", error_message: "wrong credentials" }, { "www-authenticate": 'Basic realm="gate"' });
    }
    const email = request.query.get("email");
    const odd = state.next;
    state.next = undefined;
    if (odd) return odd(response, email);
    if (!email) return json(response, 400, { error: "invalid_request", error_message: "email is required" });
    return json(response, 200, { email, authorised: MEMBERS.includes(email) });
  }
}
