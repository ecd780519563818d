/** The e-mail gate's types. */

import type { ConnectionHost, SecretSource } from "./types.js";

/** Who asks the service, from a server; in a page {@link createPageGate} is the one. */
export interface GateOptions {
  /** The user of HTTP Basic. */
  user: string;
  /** The password of HTTP Basic. */
  password: SecretSource;
  /** Test and embedding seams. */
  host?: Partial<ConnectionHost>;
}

/** Asks whether an e-mail address may enter. */
export interface Gate {
  /**
   * Never rejects for what the service says or fails to say: everything but a clear yes for this very
   * address is a no. Rejects with `config_invalid` if `email` is no address.
   */
  check(email: string, options?: { signal?: AbortSignal }): Promise<GateVerdict>;
}

/** The answer. */
export interface GateVerdict {
  /** Whether the address may enter. */
  readonly authorised: boolean;
  /** Why. `refused`: the service said no. `unclear`: it said something else. `unreachable`: it said nothing. */
  readonly reason: "authorised" | "refused" | "unclear" | "unreachable";
  /** The service's message. Inert text, cut at 1 kB: render it as text. */
  readonly message?: string;
}

/** The page's way to a gate. */
export interface PageGateOptions {
  /** Where the portal's own back end has its {@link createGateRelay}: on this origin, e.g. `/api/gate`. */
  url: string;
  /** Sends the request, e.g. `auth.fetch`, which brings the access token along. Default: the platform's. */
  fetch?: typeof fetch;
}

/** The back end's half of {@link createPageGate}. */
export interface GateRelayOptions {
  /** Asks the service. */
  gate: Gate;
  /** The e-mail address of the signed-in user whose request this is, from a verified token; nothing for a stranger. */
  email(request: Request): Promise<string | undefined> | string | undefined;
}

/** The service itself. */
export interface GateHandlerOptions {
  /** Who may ask: HTTP Basic. */
  user: string;
  /** The password; compared in constant time. */
  password: string;
  /** Whether an address may enter. What it throws is answered with 503, and its text stays here. */
  isAuthorised(email: string): Promise<boolean> | boolean;
  /** Addresses that may ask: IPv4 and IPv6, each perhaps with a prefix length (`10.0.0.0/8`). Default: all. */
  allowedAddresses?: readonly string[];
  /** The path of the service. Default: any that ends in `/authorize`. */
  path?: string;
}

/** What a server knows of a request beside it. */
export interface GateContext {
  /** The address of who asks, as the server saw it; required with `allowedAddresses`. */
  address?: string;
}
