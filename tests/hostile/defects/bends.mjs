/** What defects are made of: bends of what a provider writes, and of how it answers. */

/** Defects of one request's answer; `common` is what they share. */
export const at = (stage, table, common = {}) =>
  Object.fromEntries(Object.entries(table).map(([name, defect]) => [name, { stage, ...common, ...defect }]));

/** Bends the HTTP answer of one endpoint. */
export const wire = (endpoint, bend) => ({ wire: { [endpoint]: typeof bend === "function" ? bend : () => bend } });
export const page = (status = 200) => ({ headers }) =>
  ({ status, headers: { ...headers, "content-type": "text/html" }, body: "<!doctype html><title>Sign in</title>" });
export const elsewhere = (status) => ({ headers }, op) => ({ status, headers: { ...headers, location: op.endpoints.trap }, body: "" });
export const unshared = ({ headers: { "access-control-allow-origin": _, ...headers } }) => ({ headers });
export const marked = ({ headers, body }) => ({ headers, body: `\ufeff${body}` });
export const cut = { cut: true };
export const endless = { endless: true };

export const without = (...names) => (object) => names.forEach((name) => delete object[name]);
export const suffix = (name) => (object) => void (object[name] += "1");
export const put = (values) => (object) => void Object.assign(object, values);

export const ago = (seconds) => Math.floor(Date.now() / 1000) - seconds;
