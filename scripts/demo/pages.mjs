/** The provider's pages: the templates in www/provider/pages, filled in. */
import { readFile } from "node:fs/promises";

import { pathOf } from "./files.mjs";

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => ESCAPES[character]);

/** Markup that `renderPage` takes as it is. */
export class Markup {
  constructor(strings, ...values) {
    this.text = String.raw({ raw: strings }, ...values.map(fill));
  }
}
/** Tag for markup: the values put into it are escaped, unless they are markup themselves. */
export const markup = (strings, ...values) => new Markup(strings, ...values);

function fill(value) {
  if (Array.isArray(value)) return value.map(fill).join("");
  return value instanceof Markup ? value.text : escape(value ?? "");
}

/** The page `name`, each `{{member}}` of its template replaced by the escaped value. */
export async function renderPage(name, values = {}) {
  const [frame, body] = await Promise.all(["frame", name].map((file) => readFile(pathOf(`www/provider/pages/${file}.html`), "utf8")));
  const put = (template, members) => template.replace(/\{\{(\w+)\}\}/g, (_, member) => fill(members[member]));
  const title = /<h1[^>]*>([^<]*)/.exec(body)?.[1] ?? "";
  return put(frame, { title: new Markup([put(title, values)]), body: new Markup([put(body, values)]) });
}

/** Headers of every page; `returnTo` is the origin that a submitted form may be redirected to in the end. */
export const pageHeaders = (returnTo) => ({
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${returnTo}; base-uri 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
});
