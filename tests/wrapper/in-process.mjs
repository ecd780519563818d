/** A provider in the process of the test, on a clock moved by hand, and an application at it. */
import { createAuth } from "../../pkg/dist/index.js";
import { createFakeProvider, memoryStorage } from "../../pkg/dist/testing.js";

export const issuer = "https://id.test";
export const redirectUri = "https://app.test/callback";
export const app = { issuer, clientId: "app", redirectUri, postLogoutRedirectUri: "https://app.test/", scope: "openid offline_access" };
const ada = { sub: "ada", name: "Ada" };

/** A provider on a clock moved by hand. */
export function world(options) {
  const clock = { now: 1_800_000_000 };
  const op = createFakeProvider({ issuer, clientId: "app", users: [ada, { sub: "bob" }], now: () => clock.now, ...options });
  const storage = memoryStorage();
  return { op, clock, open: (more) => createAuth({ ...app, storage, host: op.host, ...more }) };
}

/** What the provider was asked, and how it answered. */
export const asked = (op) => op.requests.map(({ endpoint, status }) => `${endpoint} ${status}`);
