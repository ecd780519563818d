/** The requests that a provider gets when all goes well, in order. */

export const HAPPY = ["discovery", "jwks", "authorize", "token", "userinfo"];
export const PUSHED = ["discovery", "jwks", "par", "authorize", "token", "userinfo"];
export const REFRESH = ["discovery", "jwks", "authorize", "token", "token"];
