/** The one account of the demo provider, and its password check. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(scrypt);

/** Shown to whoever starts the demo; it exists on loopback only, for as long as the demo runs. */
export const account = Object.freeze({ email: "ada@example.test", password: "analytical engine" });

const SUBJECT = "248289761001";
const salt = randomBytes(16);
const digest = derive(account.password, salt, 32);

/** The subject of the account these belong to, or undefined. Takes as long for a wrong address as for a wrong password. */
export async function checkPassword(email, password) {
  const right = timingSafeEqual(await derive(password.normalize("NFC"), salt, 32), await digest);
  return right && email.trim().toLowerCase() === account.email ? SUBJECT : undefined;
}

/** What the provider knows about a subject, by claim. */
export function claimsOf(subject) {
  if (subject !== SUBJECT) return undefined;
  return {
    sub: SUBJECT,
    name: "Ada Byron",
    given_name: "Ada",
    family_name: "Byron",
    preferred_username: "ada",
    locale: "en-GB",
    email: account.email,
    email_verified: true,
  };
}
