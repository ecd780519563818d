/** What the provider remembers: codes, refresh tokens and access tokens, each of one sign-in. */

import { hashOf, random } from "./keys.js";
import type { FakeUser } from "./mocks.js";

/** How long a code may be redeemed, in seconds. */
const codeLifetime = 60;

/** One sign-in, and all that comes of it. */
export interface Grant {
  readonly user: FakeUser;
  readonly scope: string;
  readonly nonce: string | null;
  readonly acr: string | undefined;
  /** When the user signed in. */
  readonly authTime: number;
  /** The session's identifier, in its ID tokens. */
  readonly sid: string;
  /** The thumbprint of the key that its tokens are bound to, or its code. */
  jkt: string | undefined;
  revoked: boolean;
}

interface Code {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly expiresAt: number;
  used: boolean;
}

/** A request that the token endpoint refuses (RFC 6749 §5.2). */
export class Refusal {
  constructor(readonly error: string, readonly description: string) {}
}

export type Grants = ReturnType<typeof createGrants>;

export function createGrants(now: () => number, expiresIn: number) {
  const grants = new Set<Grant>();
  const codes = new Map<string, Code>();
  const refreshTokens = new Map<string, { grant: Grant; used: boolean }>();
  const accessTokens = new Map<string, { grant: Grant; expiresAt: number }>();

  return {
    /** A code for a sign-in that comes back to `redirectUri`. */
    begin(grant: Omit<Grant, "sid" | "revoked">, redirectUri: string, challenge: string): string {
      const code = random();
      const begun = { ...grant, sid: random(12), revoked: false };
      grants.add(begun);
      codes.set(code, { grant: begun, redirectUri, challenge, expiresAt: now() + codeLifetime, used: false });
      return code;
    },

    /** RFC 6749 §4.1.3, RFC 7636 §4.6. */
    async redeem(code: string, redirectUri: string, verifier: string): Promise<Grant> {
      const found = codes.get(code);
      if (!found) throw new Refusal("invalid_grant", "nobody was given this code");
      if (found.used) {
        found.grant.revoked = true; // somebody has stolen it, or what it was redeemed for
        throw new Refusal("invalid_grant", "the code was used before");
      }
      found.used = true;
      if (now() >= found.expiresAt) throw new Refusal("invalid_grant", "the code has expired");
      if (redirectUri !== found.redirectUri) throw new Refusal("invalid_grant", "another redirect_uri than the code was asked with");
      if (!/^[\w.~-]{43,128}$/.test(verifier)) throw new Refusal("invalid_request", "code_verifier has to be 43 to 128 unreserved characters");
      if ((await hashOf(verifier)) !== found.challenge) throw new Refusal("invalid_grant", "the code_verifier does not fit the code_challenge");
      return found.grant;
    },

    /** What a refresh token stands for; it is spent. One that is seen again ends its session (RFC 9700 §4.14.2). */
    rotate(token: string): Grant {
      const found = refreshTokens.get(token);
      if (found?.used) found.grant.revoked = true;
      if (!found || found.used || found.grant.revoked) {
        throw new Refusal("invalid_grant", found?.used ? "the refresh token was used before" : "the refresh token is not valid");
      }
      found.used = true;
      return found.grant;
    },

    refreshToken(grant: Grant): string {
      const token = random();
      refreshTokens.set(token, { grant, used: false });
      return token;
    },

    accessToken(grant: Grant): string {
      const token = random();
      accessTokens.set(token, { grant, expiresAt: now() + expiresIn });
      return token;
    },

    /** Binds a sign-in to the key of a proof, or leaves it as it is without one (RFC 9449 §5 and §10). */
    bind(grant: Grant, jkt: string | undefined): Grant {
      if (grant.jkt && grant.jkt !== jkt) throw new Refusal("invalid_grant", "bound to another key than there is a proof of");
      grant.jkt = jkt;
      return grant;
    },

    /** Whose access token it is, if it is good. */
    grantOf(token: string): Grant | undefined {
      const found = accessTokens.get(token);
      return found && !found.grant.revoked && now() < found.expiresAt ? found.grant : undefined;
    },

    /** Ends the session that a token of either kind is of (RFC 7009 §2.1). */
    revoke(token: string): void {
      const found = refreshTokens.get(token) ?? accessTokens.get(token);
      if (found) found.grant.revoked = true;
    },

    /** Ends the session of that identifier, or all. */
    end(sid?: string): void {
      for (const grant of grants) if (sid === undefined || grant.sid === sid) grant.revoked = true;
    },
  };
}
