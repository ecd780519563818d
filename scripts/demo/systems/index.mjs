/**
 * Five systems that a portal has to reach, each as its owner describes it, on loopback: what the presets
 * in `presets/` lead to in the playground and in the tests.
 */
import { listen } from "../listen.mjs";
import { createCardSync } from "./cardsync.mjs";
import { createCaseManager } from "./case-manager.mjs";
import { createComplianceAuth } from "./compliance-auth.mjs";
import { createEmailGate } from "./email-gate.mjs";
import { createOrders } from "./orders.mjs";
import { disturbed } from "./trouble.mjs";

const SYSTEMS = {
  "case-manager": createCaseManager,
  "compliance-auth": createComplianceAuth,
  iman: createOrders,
  cardsync: createCardSync,
  "email-gate": createEmailGate,
};

/** What each preset's secrets are here. */
export const SECRETS = {
  "case-manager": { client_secret: "case-manager-secret:+/" },
  "compliance-auth": { client_secret: "compliance-secret", user_name: "ada@example.org", password: "note G" },
  iman: { client_secret: "orders-secret" },
  cardsync: { user_name: "ada", password: "note G", saml_assertion: "<saml:Assertion>ada</saml:Assertion>" },
  "email-gate": { user: "portal", password: "gate-secret" },
};

/**
 * Starts them all.
 *
 * @param {object} [options]
 * @param {() => number} [options.now] Unix time in seconds, so that a test can move it
 * @returns `{ baseUrls, secrets, systems, close() }`, each by the name of its preset. A system has
 *   `requests` (`{ method, path, headers, body, status }`), `trouble(kind, status)` for the next answer of its token
 *   endpoint, and what it tells of itself as `state`
 */
export async function startSystems({ now = () => Date.now() / 1000 } = {}) {
  const baseUrls = {};
  const systems = {};
  const servers = [];
  for (const [name, create] of Object.entries(SYSTEMS)) {
    const server = await listen(0);
    servers.push(server);
    baseUrls[name] = server.origin;
    const { answer, tokenPath, state } = create({ origin: server.origin, secrets: SECRETS[name], now });
    const { handler, requests, trouble } = disturbed(answer, tokenPath);
    server.answerWith(handler);
    systems[name] = { requests, trouble, state };
  }
  return {
    baseUrls,
    secrets: SECRETS,
    systems,
    close: () => Promise.all(servers.map((server) => server.close())),
  };
}
