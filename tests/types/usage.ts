/** A portal's use of the package as its documentation shows it. Compiled under `strict`, never run. */
import { AuthError, createAuth, type Auth, type AuthErrorCode, type User } from "portcullis";
import { createConnection, createGate, createGateHandler, type ConnectionData, type TokenStore } from "portcullis/connect";
import { createFakeProvider, createMockAuth, memoryStorage, seedSession } from "portcullis/testing";
import { verifyJws, verifyJwt } from "portcullis/verify";

export async function portal(): Promise<void> {
  const auth = await createAuth({
    issuer: "https://login.example.com",
    clientId: "portal",
    redirectUri: `${location.origin}/callback`,
    scope: ["openid", "profile"],
    persist: "device",
    apiOrigins: ["https://api.example.com"],
    host: { now: () => 0 },
  });

  const stop = auth.subscribe(({ status, user }) => console.log(status, user?.sub));
  auth.on("signed-out", ({ reason }) => console.log(reason));
  auth.on("idle-warning", ({ secondsLeft }) => console.log(secondsLeft.toFixed()));
  auth.on("problem", ({ error }) => console.log(error.code, error.remedy));
  // @ts-expect-error no such event
  auth.on("signed", () => {});

  if (auth.isCallback()) {
    const { user, returnTo, replayed } = await auth.handleCallback();
    welcome(user);
    if (!replayed) history.replaceState(null, "", returnTo);
  }

  const { signal } = new AbortController();
  await auth.login({ mode: "popup", prompt: "login", appState: { tab: 1 }, signal });
  const token: string = await auth.getAccessToken({ minValidity: 60, forceRefresh: true });
  const response: Response = await auth.fetch(new URL("https://api.example.com/me"), { method: "POST", body: token });
  console.log(response.ok, (await auth.userinfo())["email"], auth.trace()[0]?.detail, (await auth.diagnose()).report);

  // @ts-expect-error the snapshot is immutable
  auth.state.user = null;

  try {
    await auth.logout({ returnTo: "/", localOnly: false });
  } catch (error) {
    if (error instanceof AuthError) advise(error.code, error.oauth?.description);
  }
  stop();
  auth.dispose();
}

function welcome(user: User): void {
  console.log(user.sub, user["name"]);
}

function advise(code: AuthErrorCode, description?: string): void {
  if (code === "internal" || code === "network") console.log(description);
  // @ts-expect-error no such code
  if (code === "other") return;
}

/** An API's check of what it is sent. */
export async function api(token: string): Promise<string> {
  const { claims, header } = await verifyJwt(token, {
    keys: new URL("https://login.example.com/jwks"),
    algorithms: ["RS256", "ES256"],
    issuer: "https://login.example.com",
    audience: "https://api.example.com",
    typ: "at+jwt",
  });
  // @ts-expect-error a symmetric algorithm cannot be named
  await verifyJws(token, { keys: { keys: [] }, algorithms: ["HS256"] });
  const { payload } = await verifyJws(token, { keys: { keys: [] }, algorithms: ["EdDSA"], crypto: "software" });
  return `${String(claims.sub)} ${String(header.kid)} ${payload.length}`;
}

/** A server's use of a system that data describes. */
export async function machine(store: TokenStore): Promise<void> {
  const data: ConnectionData = {
    id: "cases", type: "two-legged", grant: "client_credentials", clientId: "portal", clientAuth: "basic",
    tokenUrl: "https://cases.example.com/token", tokenRequest: [{ name: "audience", value: "%[audience]" }],
  };
  const cases = await createConnection(data, { secrets: { client_secret: async () => "kept elsewhere" }, store });
  // @ts-expect-error no such grant
  await createConnection({ ...data, grant: "magic" });
  const { steps, ok } = await cases.test();
  console.log(ok, steps[0]?.error?.remedy, cases.preview().problems.map(({ field }) => field));
  const answer: Response = await cases.fetch("https://cases.example.com/api");
  const gate = await createGate({ baseUrl: "https://gate.example.com" }, { user: "portal", password: "secret" });
  const handler = createGateHandler({ user: "portal", password: "secret", isAuthorised: (email) => email.endsWith("@example.com") });
  console.log(answer.status, (await gate.check("ada@example.com")).authorised, await handler(new Request("https://gate.example.com/authorize")));
}

/** The tests of a portal. */
export async function tests(): Promise<void> {
  const mock = createMockAuth({ user: { sub: "ada", name: "Ada" } });
  const auth: Auth = mock;
  mock.fail("refresh", "session_expired", { status: 400, times: 2 });
  // @ts-expect-error a sign-out cannot fail
  mock.fail("logout", "network");
  mock.emit("signed-out", { reason: "idle" });
  // @ts-expect-error no such reason
  mock.signOut("bored");
  await auth.login({ prompt: "login" });
  const [first] = mock.calls.login;
  console.log(first?.[0]?.prompt, mock.error("network").remedy);

  const provider = createFakeProvider({ issuer: "https://id.test", clientId: "portal" });
  const options = { issuer: provider.issuer, clientId: provider.clientId, redirectUri: "https://app.test/callback" };
  const entries = await seedSession({ createAuth, options, provider, user: "alice" });
  const real = await createAuth({ ...options, storage: memoryStorage(entries), host: provider.host });
  console.log(real.user?.sub, await provider.authorize(await provider.navigation(), { user: { sub: "bob" } }));
}
