/**
 * Systems that a portal must reach beside its provider: described by data, with their tokens fetched,
 * shared, renewed and sent. For Node, edge runtimes, and pages where no secret is involved.
 *
 * @packageDocumentation
 */

import type { ConnectionData } from "./connect/data.js";
import { Ending, endingWith, isPage, serviceHost } from "./connect/host.js";
import { authorizeInPopup } from "./connect/window.js";
import type {
  Connection, ConnectionOptions, DeviceSignIn, Preview, Problem, TokenEndpointOptions, TokenRequest,
} from "./connect/types.js";
import { realm, resident } from "./connector.js";
import { isOnTheEdge } from "./edge.js";
import { encode } from "./encode.js";
import { Failure, toAuthError, told } from "./errors.js";
import { own } from "./host.js";

export { AuthError, type AuthErrorCode } from "./errors.js";
export { createGate, createGateHandler, createGateRelay, createPageGate } from "./connect/gate.js";
export { handOverAuthorization } from "./connect/window.js";
export type * from "./connect/data.js";
export type * from "./connect/gates.js";
export type * from "./connect/types.js";

/** Longer URLs do not enter the module, whose memory never shrinks. */
const longestUrl = 1 << 16;

/**
 * A connection. Sends nothing. Rejects with `config_invalid`, naming the field; the same for secrets in a
 * page, and for the password grant where it is not permitted.
 */
export async function createConnection(data: ConnectionData, options?: ConnectionOptions): Promise<Connection> {
  try {
    return await open(data, options);
  } catch (thrown) {
    throw await told(thrown);
  }
}

/** What is wrong with a connection's data, field by field; nothing if it is right. For forms. */
export async function validateConnection(data: ConnectionData): Promise<Problem[]> {
  return withModule(({ glue }) => glue.validateConnection(plain(data)));
}

/** What a connection would send, from its data alone, which may be wrong: then `problems` says how. Sends nothing. */
export async function previewConnection(data: ConnectionData, options?: Pick<ConnectionOptions, "values">): Promise<Preview> {
  return withModule(({ glue }) => glue.previewConnection(plain(data, options)));
}

/** What an endpoint says of a token (RFC 7662). */
export async function introspect(
  token: string,
  options: TokenEndpointOptions,
): Promise<Readonly<Record<string, unknown>> & { readonly active: boolean }> {
  return atEndpoint(token, options, (connection, hint) => connection.introspect(token, hint));
}

/** Gives a token up at an endpoint (RFC 7009). */
export async function revoke(token: string, options: TokenEndpointOptions): Promise<void> {
  return atEndpoint(token, options, (connection, hint) => connection.revoke(token, hint));
}

/** What both promise, and the hint that only we hand over. */
interface Hinted {
  introspect(token: string, hint?: string): ReturnType<Connection["introspect"]>;
  revoke(token: string, hint?: string): Promise<void>;
  dispose(): void;
}

async function atEndpoint<T>(token: string, options: TokenEndpointOptions, work: (connection: Hinted, hint?: string) => Promise<T>): Promise<T> {
  if (!token || typeof token !== "string") throw await told(new Failure("config_invalid", "token")); // there is none of our own
  const { url, clientId, clientAuth = "basic", signingAlg, signingKeyId, assertionAudience, secrets, tokenTypeHint, host } = own(options);
  const client = { clientId, clientAuth, signingAlg, signingKeyId, assertionAudience };
  const data = { id: "endpoint", type: "two-legged", tokenUrl: url, introspectionUrl: url, revocationUrl: url, ...client };
  const connection: Hinted = await createConnection(data as ConnectionData, { secrets, host } as ConnectionOptions);
  try {
    return await work(connection, tokenTypeHint);
  } finally {
    connection.dispose();
  }
}

async function withModule<T>(work: (module: Awaited<ReturnType<typeof realm>>) => T): Promise<T> {
  try {
    return work(await realm());
  } catch (thrown) {
    throw await told(thrown);
  }
}

/** The data's own members, with the values that replace its own. */
function plain(data: ConnectionData, options?: Pick<ConnectionOptions, "values">): Record<string, unknown> {
  const copy = JSON.parse(encode(data));
  const { values } = own(options);
  if (values) copy.values = { ...copy.values, ...JSON.parse(encode(values)) };
  return copy;
}

/** A text, if there is one. Throws for anything else: all objects are one text, and a list is no list as one. */
function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new Failure("config_invalid", name);
  return value;
}

async function open(data: ConnectionData, options?: ConnectionOptions): Promise<Connection> {
  const { secrets, user, allowPasswordGrant, dangerouslyAllowSecretsInPage } = own(options);
  const definition = plain(data, options);
  const settings = {
    secrets: Object.entries(own(secrets)).filter(([, secret]) => secret !== undefined).map(([name]) => name),
    fixed: Object.entries(own(secrets)).filter(([, secret]) => typeof secret === "string").map(([name]) => name),
    user: textOf("user", user) ?? "",
    allowPasswordGrant: allowPasswordGrant === true,
    isPage: isPage(),
    dangerouslyAllowSecretsInPage: dangerouslyAllowSecretsInPage === true,
    onTheEdge: isOnTheEdge(),
  };
  if (settings.isPage && settings.secrets.length > 0 && settings.dangerouslyAllowSecretsInPage) {
    console.warn("portcullis: dangerouslyAllowSecretsInPage is set: whoever opens this page can read the connection's secrets");
  }
  const ending = new Ending();
  const host = serviceHost(own(options), ending);
  const home = resident(({ Connector }) => new Connector(definition, settings, host));
  const call = <T>(work: Parameters<typeof home.call<T>>[0], signal?: AbortSignal) =>
    home.call(work, signal).catch(async (thrown) => {
      throw await told(thrown);
    });
  const now = <T>(work: (connector: NonNullable<typeof home.now>) => T): T => {
    try {
      if (home.now && !ending.isOver) return work(home.now);
    } catch (thrown) {
      throw toAuthError(thrown);
    }
    throw toAuthError(new Failure(ending.isOver ? "disposed" : "internal"));
  };
  const asked = (request?: TokenRequest) => {
    const { scope, audience } = own(request);
    return [textOf("scope", scope), textOf("audience", audience)] as const;
  };
  await home.call(() => {});

  return Object.freeze<Connection & Hinted>({
    data: Object.freeze(JSON.parse(JSON.stringify(definition)) as ConnectionData),

    getAccessToken(request) {
      const { forceRefresh, signal } = own(request);
      return call((connector) => connector.token(...asked(request), !!forceRefresh), signal);
    },

    async fetch(input, init, request) {
      const original = new Request(input, init);
      const { url } = original;
      const signal = init?.signal ?? original.signal; // in Node a request forgets whose signal it follows once it is collected
      const [end, forget] = endingWith(signal, ending);
      let refused: unknown;
      let answered: Response | undefined;
      const send = async (headers: [string, string][]) => {
        void answered?.body?.cancel().catch(() => {}); // nobody reads what said no; it would hold its socket
        const strange = headers.some(([name]) => name.toLowerCase() !== "authorization");
        // only that header is taken off on the way to another origin
        const copy = new Request(original.clone(), strange ? { redirect: "manual" } : {});
        for (const [name, value] of headers) copy.headers.set(name, value);
        try {
          return (answered = await host.fetch(copy, { signal: end }));
        } catch (error) {
          throw (refused = error);
        }
      };
      try {
        return await call((connector) => connector.fetch(url.slice(0, longestUrl), ...asked(request), send), signal);
      } catch (error) {
        void answered?.body?.cancel().catch(() => {});
        const { cause } = error as { cause?: unknown };
        throw cause && (cause === refused || cause === signal.reason) ? cause : error;
      } finally {
        forget(); // the body is the caller's
      }
    },

    authorizeUrl: (request) =>
      call(async (connector) => (await connector.authorizeUrl(...asked(request)))[0]),

    completeAuthorization: (url) =>
      call((connector) => {
        if (`${url}`.length > longestUrl) throw new Failure("callback_too_large");
        return connector.completeAuthorization(`${url}`).then(() => {});
      }),

    authorize(request) {
      const { signal } = own(request);
      return authorizeInPopup(signal, (visit) =>
        call(async (connector) => {
          const [url, state] = await connector.authorizeUrl(...asked(request));
          await connector.completeAuthorization(await visit(url, state));
        }, signal));
    },

    device(request) {
      const { signal } = own(request);
      return new Promise((resolve, reject) => {
        const prompted = (prompt: Omit<DeviceSignIn, "completed">) => resolve(Object.freeze({ ...prompt, completed }));
        const timer = { wait: (seconds: number) => host.wait(seconds, signal) };
        const completed = call((connector) => connector.device(...asked(request), prompted, timer).then(() => {}), signal);
        completed.catch(reject); // also so that nobody has to wait for it
      });
    },

    introspect: (token?: string, hint?: string) => call((connector) => connector.introspect(token, hint ?? "")),
    revoke: (token?: string, hint?: string) => call((connector) => connector.revoke(token, hint ?? "").then(() => {})),
    signOut: () => call((connector) => connector.signOut().then(() => {})),

    test(options) {
      const { signal } = own(options);
      return call((connector) => connector.test(), signal);
    },

    preview: () => now((connector) => connector.preview()),
    trace: () => now((connector) => connector.trace()),

    dispose() {
      ending.end();
      home.end(new Failure("disposed"));
    },
  });
}
