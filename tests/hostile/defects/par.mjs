/** What a provider does wrong with pushed authorization requests (RFC 9126). */
import { PUSHED } from "../sequences.mjs";
import { at, cut, elsewhere, endless, marked, page, put, unshared, wire, without } from "./bends.mjs";

const habits = {
  pushed: { settings: { par: true }, requests: PUSHED },
  "pushed-and-bound": { settings: { par: true, dpop: true }, requests: PUSHED },
  "pushed-where-that-is-demanded": { settings: { par: true }, requests: PUSHED, metadata: put({ require_pushed_authorization_requests: true }) },
  "request-uri-of-unknown-lifetime": { settings: { par: true }, requests: PUSHED, pushed: without("expires_in") },
};

const unsuited = at("jwks", {
  "nowhere-to-push-to": { settings: { par: true }, code: "discovery_invalid", keeps: ["jwks"], metadata: without("pushed_authorization_request_endpoint") },
  "pushed-in-the-clear": {
    settings: { par: true }, code: "insecure_endpoint", keeps: ["jwks"],
    metadata: put({ pushed_authorization_request_endpoint: "http://op.example/par" }),
  },
});

const answers = at("par", {
  "par-redirects": { code: "par_http", ...wire("par", elsewhere(307)) },
  "par-redirects-to-a-get": { code: "par_http", ...wire("par", elsewhere(303)) },
  "par-refused": { code: "par_http", ...wire("par", { status: 400, body: '{"error":"invalid_request"}' }) },
  "par-breaks-down": { code: "par_http", ...wire("par", page(500)) },
  "par-answers-200": { code: "par_http", ...wire("par", { status: 200 }) },
  "par-shows-a-page": { code: "par_invalid", ...wire("par", page(201)) },
  "par-answer-not-shared": { code: "network", ...wire("par", unshared) },
  "par-answer-cut-off": { code: "network", ...wire("par", cut) },
  "par-answer-silent": { code: "timeout", settings: { par: true, timeout: 1 }, ...wire("par", { silent: true }) },
  "par-answer-endless": { code: "par_invalid", ...wire("par", endless) },
  "par-answer-endless-and-refused": { code: "par_http", ...wire("par", { status: 413, endless: true }) },
  "par-answer-with-a-byte-order-mark": { code: "par_invalid", ...wire("par", marked) },
  "request-uri-missing": { code: "par_invalid", pushed: without("request_uri") },
  "request-uri-is-a-number": { code: "par_invalid", pushed: put({ request_uri: 1 }) },
  "request-uri-empty": { code: "par_invalid", pushed: put({ request_uri: "" }) },
  "request-uri-relative": { code: "par_invalid", pushed: put({ request_uri: "requests/1" }) },
  "request-uri-in-the-clear": { code: "par_invalid", pushed: put({ request_uri: "http://op.example/MARKED-request" }) },
  "request-uri-in-the-clear-in-capitals": { code: "par_invalid", pushed: put({ request_uri: "HTTP://op.example/MARKED-request" }) },
  "request-uri-breaks-the-line": { code: "par_invalid", pushed: (body) => void (body.request_uri += "\r\nx: y") },
  "request-uri-twice": { code: "par_invalid", pushed: (body) => JSON.stringify(body).replace("{", '{"request_uri":"urn:a",') },
  "request-uri-expired": { code: "par_invalid", pushed: put({ expires_in: 0 }) },
  "request-uri-long-expired": { code: "par_invalid", pushed: put({ expires_in: -60 }) },
  "request-uri-expires-in-words": { code: "par_invalid", pushed: put({ expires_in: "60" }) },
}, { settings: { par: true }, requests: PUSHED.slice(0, 3), keeps: ["metadata", "jwks"] });

export const par = { ...habits, ...unsuited, ...answers };
