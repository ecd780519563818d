/**
 * The content security policy of the demo's own pages: no inline script or style anywhere, scripts from
 * here, WebAssembly allowed.
 *
 * @param {...string} others whom a page may talk to beside its own server
 */
export const contentSecurityPolicy = (...others) => [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  ["connect-src 'self'", ...others].join(" "),
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
