// The browser's APIs as the core uses them, grouped by task so that each is one import.
// Byte arrays come in as views of the module's memory: they are copied before anything is awaited.

import { inTime, loaded } from "./tasks.js";
import { isOutdated, outdate } from "./turns.js";

/**
 * One request: no cookies, no cache, no referrer, no redirect followed, at most `limit` bytes read.
 * Resolves to the status (0 for a redirect, -1 without an answer, -2 without one in time), the
 * content type, and the body unless it was too long. An access token beside a `proof` of possession is bound to it.
 */
export async function send(host, url, form, bearer, proof, seconds, limit) {
  const init = { cache: "no-store", credentials: "omit", redirect: "manual", referrerPolicy: "no-referrer" };
  if (form !== undefined) {
    init.method = "POST";
    init.body = new URLSearchParams(form);
  }
  if (bearer !== undefined) init.headers = { authorization: `${proof ? "DPoP" : "Bearer"} ${bearer}` };
  if (proof) init.headers = { ...init.headers, dpop: proof };
  return answered(seconds, async (signal) => {
    const response = await host.fetch(url, { ...init, signal });
    const status = response.type === "opaqueredirect" ? 0 : response.status;
    const contentType = response.headers.get("content-type") ?? "";
    const retryAfter = secondsUntil(response.headers.get("retry-after"));
    const dpopNonce = response.headers.get("dpop-nonce") ?? undefined;
    return { status, contentType, retryAfter, dpopNonce, body: await read(response, limit) };
  });
}

/** What `ask` comes to; status -1 if it fails, and -2 if it takes longer than `seconds`, if there are any. */
export async function answered(seconds, ask) {
  const abort = new AbortController();
  const timer = seconds === undefined ? undefined : setTimeout(() => abort.abort(), seconds * 1000);
  // a host's fetch need not heed the signal
  const late = new Promise((_, reject) => abort.signal.addEventListener("abort", reject));
  try {
    const answer = await Promise.race([ask(abort.signal), late]);
    if (!answer.body) abort.abort(); // the rest of it
    return answer;
  } catch {
    return { status: abort.signal.aborted ? -2 : -1 };
  } finally {
    clearTimeout(timer);
  }
}

/** What a `Retry-After` header comes to: it holds seconds or a date, perhaps one in the past. */
function secondsUntil(text) {
  const seconds = isNaN(text) ? (Date.parse(text) - Date.now()) / 1000 : +text;
  return Math.min(Math.max(seconds || 0, 0), 2 ** 31 - 1) | 0;
}

export async function read(response, limit) {
  if (!response.body) return new Uint8Array();
  const reader = response.body.getReader();
  const chunks = [];
  let length = 0;
  for (let chunk; !(chunk = await reader.read()).done; ) {
    chunks.push(chunk.value);
    length += chunk.value.length;
    if (length > limit) return undefined;
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

const unavailable = "storage_unavailable";
const codeOf = (error) => (error?.name === "QuotaExceededError" ? "storage_full" : unavailable);

// A store that may answer later is mirrored: `values` is what it is known to hold, `writing` what
// it has yet to take, in order. Writes and looks are counted, and `known` is the count of what last
// told the value of each key. Web storage is read and written directly, but for what is kept there
// sealed: the session of a device.
const SEALED = "sealed";
const isSession = (key) => key.endsWith(".session");
const mirrors = new WeakMap();
const mirrorOf = (host) => {
  if (!mirrors.has(host)) {
    mirrors.set(host, { values: new Map(), writing: new Set(), known: new Map(), count: 0 });
  }
  return mirrors.get(host);
};

/** The text or null; throws an error code. */
export function load(host, name, key) {
  if (host.storage || name === SEALED) return mirrorOf(host).values.get(key) ?? null;
  try {
    return globalThis[name]?.getItem(key) ?? null;
  } catch {
    throw unavailable;
  }
}

function write(name, key, text) {
  outdate(key, () => globalThis[name]?.getItem(key));
  if (text === undefined) globalThis[name]?.removeItem(key);
  else globalThis[name].setItem(key, text);
}

/** Seals the text and writes it, unless something newer was said meanwhile; what is removed is gone at once. */
async function writeSealed(key, text, isLatest) {
  const sealed = text && (await (await vault()).seal(key, text));
  if (isLatest()) write("localStorage", key, sealed);
}

const vault = () => import("./vault.js");

/** Stores the text, or removes it if there is none; throws an error code and changes nothing then. */
export function save(host, name, key, text) {
  const custom = host.storage;
  try {
    if (custom || name === SEALED) {
      const mirror = mirrorOf(host);
      const count = mirror.count + 1;
      const done = inTime(
        !custom ? writeSealed(key, text, () => !(mirror.known.get(key) > count))
        : text === undefined ? custom.remove(key)
        : custom.set(key, text),
      ).finally(() => mirror.writing.delete(done));
      done.catch(() => {}); // `push` tells
      mirror.writing.add(done);
      mirror.known.set(key, (mirror.count = count));
      if (text === undefined) mirror.values.delete(key);
      else mirror.values.set(key, text);
    } else {
      write(name, key, text);
      if (name === "sessionStorage" && isSession(key)) leave(host, key, text);
    }
  } catch (error) {
    throw codeOf(error);
  }
}

/** What takes a session from tab to tab. */
const adoption = () => loaded(import("./adopt.js"));

/** Sees to it that a tab that wakes when this one sleeps, or is gone, finds the session, if there is such a tab. */
function leave(host, key, text) {
  const [secret, place] = ["secret", "left"].map((name) => key.replace(/session$/, name));
  if (!globalThis.sessionStorage?.getItem(secret)) return;
  if (text === undefined) {
    sessionStorage.removeItem(secret);
    localStorage.removeItem(place);
    return;
  }
  const { writing } = mirrorOf(host);
  const left = adoption()
    .then((adopt) => adopt.leave(key, text))
    .catch(() => localStorage.removeItem(place)) // what is outdated is worse than none
    .finally(() => writing.delete(left));
  writing.add(left);
}

/** Looks at what is mirrored of `keys`; rejects with an error code. */
export async function pull(host, keys, isSealed) {
  const custom = host.storage;
  if (!custom && !isSealed) return;
  const mirror = mirrorOf(host);
  const begun = ++mirror.count;
  await Promise.allSettled(mirror.writing);
  try {
    // what cannot be opened is as good as absent, of which the first to look, as the page opens, is told
    const unlessAbsent = (error) => { if (custom || begun === 1) throw error; };
    const look = async (key) => custom ? custom.get(key) : readSealed(key);
    const read = async (key) => [key, await inTime(look(key)).catch(unlessAbsent)];
    const names = keys.split(" ").filter((key) => custom || isSession(key));
    for (const [key, text] of await Promise.all(names.map(read))) {
      // what was written meanwhile is newer, and what was seen by a look that began later
      if (mirror.known.get(key) > begun) continue;
      mirror.known.set(key, begun);
      if (typeof text === "string") mirror.values.set(key, text);
      else mirror.values.delete(key);
    }
  } catch {
    throw unavailable;
  }
}

async function readSealed(key) {
  const kept = localStorage.getItem(key);
  return kept && (await vault()).open(key, kept);
}

/**
 * Resolves once everything mirrored is kept; rejects with an error code if the write just before it was
 * refused. Whatever else is under way is somebody else's, or does not matter as much.
 */
export async function push(host) {
  const results = await Promise.allSettled(mirrorOf(host).writing);
  const last = results.pop();
  if (last?.status === "rejected") throw codeOf(last.reason);
}

/**
 * Resolves to whether the signature holds, or to null where it cannot be checked: neither by
 * WebCrypto nor by what the host has beside it.
 */
export async function verify(host, alg, jwk, data, signature) {
  data = data.slice();
  signature = signature.slice();
  return (await verifyOnPlatform(alg, jwk, data, signature)) ?? host.holds?.(alg, jwk, data, signature) ?? null;
}

/** The same, by WebCrypto alone. A key that cannot be imported verifies nothing. */
async function verifyOnPlatform(alg, jwk, data, signature) {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return null;
  const bits = alg.slice(2);
  const hash = `SHA-${bits}`;
  const parameters =
    {
      RS: { name: "RSASSA-PKCS1-v1_5", hash },
      PS: { name: "RSA-PSS", hash, saltLength: bits / 8 },
      ES: { name: "ECDSA", hash, namedCurve: bits === "512" ? "P-521" : `P-${bits}` },
    }[alg.slice(0, 2)] ?? { name: "Ed25519" };
  try {
    const key = await subtle.importKey("jwk", JSON.parse(jwk), parameters, false, ["verify"]);
    return await subtle.verify(parameters, key, signature, data);
  } catch (error) {
    return error?.name === "NotSupportedError" ? null : false;
  }
}

/** Why the client is to look at the store; the order is that of `Occasion` in Rust. */
const [TOLD, SEEN, ONLINE, RESTORED, DUE, ACTIVE, CHANGED] = [0, 1, 2, 3, 4, 5, 6];

/** Does `work` when the page has nothing better to do; that it fails is nobody's concern. */
const idle = (work) => (globalThis.requestIdleCallback ?? setTimeout)(() => work().catch(() => {}));

/** Removes the session that a portal with another `persist` kept; a store of its own may be over these. */
function clearElsewhere(host, name, kept) {
  if (host.storage) return;
  try {
    if (kept !== SEALED) localStorage.removeItem(name);
    if (kept === "sessionStorage") return;
    sessionStorage.removeItem(name);
    leave(host, name);
  } catch {
    // blocked: nothing is kept there
  }
}

/** Hears other tabs, and the page come back, until `hangUp`; the session is `kept` in this area, if in any. */
export function listen(host, name, kept) {
  hangUp(host);
  const control = new AbortController();
  host.gone = control.signal;
  host.hangUp = () => control.abort();
  // a document alone is one that a server made up
  if (!globalThis.document || !globalThis.addEventListener) return;
  clearElsewhere(host, name, kept);
  const on = (target, type, listener, capture) =>
    target.addEventListener(type, listener, { signal: control.signal, capture });
  const ours = name.slice(0, name.lastIndexOf(".") + 1);
  const own = () => globalThis.sessionStorage?.getItem(name);
  // who has a newer session says so at once, since its answer takes a while
  const answer = async (channel, question) => {
    const text = own();
    if (!(JSON.parse(text)?.rank > question.since)) return;
    channel.postMessage({ hears: question.asks });
    await (await import("./adopt.js")).answer(channel, name, text, question);
    localStorage.setItem(`${ours}open`, "{}"); // the one that asked may have given up before
  };
  // what answers is at hand before anybody asks: a redeployment may delete it
  const prepare = () => idle(async () => own() && (await import("./adopt.js")).prepare(name));
  let channel;
  // a page with an open channel is not kept for the way back
  const open = () => {
    try {
      const opened = (channel = new BroadcastChannel(name));
      channel.onmessage = ({ data }) => {
        if (!data) host.look(TOLD);
        else if (data.asks) answer(opened, data).catch(() => {});
      };
    } catch {
      // there are none, or the browser blocks them with the site's data
    }
  };
  const close = () => {
    channel?.close();
    channel = undefined; // whoever still tells, tells nobody
  };
  open();
  on(globalThis, "pagehide", close);
  on(globalThis, "pageshow", ({ persisted }) => {
    if (!persisted) return;
    open();
    host.look(RESTORED);
  });
  // a message may come before what it tells of can be seen
  on(globalThis, "storage", ({ key }) => (!key || key.startsWith(ours)) && host.look(TOLD));
  on(globalThis, "online", () => host.look(ONLINE));
  on(document, "visibilitychange", () => document.hidden || host.look(SEEN));
  if (!activation()) {
    const act = ({ isTrusted }) => isTrusted && (acted = performance.now());
    for (const sign of ["pointerdown", "keydown"]) on(globalThis, sign, act, true);
  }
  prepare();
  host.tell = () => {
    prepare();
    try {
      channel?.postMessage(0);
    } catch {
      // the store's own event tells
    }
  };
  host.hangUp = () => (control.abort(), close());
}

/** Looks again after so many milliseconds, or at the latest after a day; never where there is no page. */
export function wakeIn(host, milliseconds) {
  if (!host.tell || host.gone.aborted) return;
  clearTimeout(host.timer);
  host.timer = setTimeout(() => host.look(DUE), Math.min(Math.max(milliseconds, 0), 86_400_000));
  host.gone.onabort = () => clearTimeout(host.timer);
}

const SIGNS_OF_LIFE = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"];

/** Looks again when the user does something, at most once in so many milliseconds. */
export function watchUser(host, milliseconds) {
  if (!host.tell || host.watched === host.gone) return;
  host.watched = host.gone;
  let next = 0;
  const seen = () => {
    const now = performance.now();
    if (now < next) return;
    next = now + milliseconds;
    host.look(ACTIVE);
  };
  const options = { capture: true, passive: true, signal: host.gone };
  for (const sign of SIGNS_OF_LIFE) addEventListener(sign, seen, options);
}

/** Looks again when the provider's frame at `url` says that its session has changed. */
export async function watchProvider(host, url, message) {
  if (!host.tell || host.gone.aborted) return;
  (await import("./frame.js")).watch(host, url, message, () => host.look(CHANGED));
}

export const tell = (host) => host.tell?.();

/** The session of another tab whose rank is above `since`, if there is one. */
export async function ask(host, name, since) {
  if (!host.tell || host.storage || !globalThis.crypto?.subtle) return undefined;
  const own = sessionStorage.getItem(name);
  return (await adoption()).ask(name, since, await isOutdated(name, own));
}

export const hangUp = (host) => host.hangUp?.();

/**
 * Opens an empty window over the middle of this one; undefined if the browser forbids it.
 */
export function openPopup() {
  const { screenX, screenY, outerWidth, outerHeight } = globalThis;
  const [width, height] = [480, 640];
  const left = screenX + (outerWidth - width) / 2;
  const top = screenY + (outerHeight - height) / 2;
  const place = `popup,width=${width},height=${height},left=${left},top=${top}`;
  try {
    const popup = globalThis.open?.("", "_blank", place);
    return popup?.closed ? undefined : popup;
  } catch {
    return undefined; // as forbidden as where there is none
  }
}

export const openFrame = async (issuer) => (await import("./frame.js")).open(issuer);

export const visitWindow = async (window, url, state, seconds) =>
  (await import("./popup.js")).visit(window, url, state, seconds);

export const handOver = async (url, state) => (await import("./popup.js")).handOver(url, state);

/** Has a key found or made by its name, or used to sign; rejects with an error code. */
export const useKey = async (task, key, input) => (await import("./proof.js"))[task](key, input);

/** Resolves once the late half of the module is there, and what uses keys. */
export const complete = (host) => Promise.all([host.complete(), import("./proof.js")]);

/** Resolves to "yes", "no", "offline", or the directive of the page's policy that forbids it. */
export const probe = async (host, what, url) => (await import("./probe.js"))[what](host, url);

/** Resolves to the digest as `body`; rejects where there is no such hash. */
export async function digest(host, hash, data) {
  data = data.slice();
  const subtle = globalThis.crypto?.subtle;
  // the name ends in the number of bits
  const digested = subtle ? subtle.digest(hash, data) : host.digest(+hash.slice(-3), data);
  return { body: new Uint8Array(await digested) };
}

/** Resolves when the call that is beginning is given up by its signal, or with the client. */
export const givenUp = ({ signal, gone }) =>
  new Promise((over) => {
    for (const end of [signal, gone]) end?.addEventListener("abort", over);
  });

/** The page's URL; undefined where there is no page. */
export const pageUrl = () => (globalThis.document ? globalThis.location?.href : undefined);

export const isSecure = () => globalThis.isSecureContext !== false;

/** When the user acted last, where the browser does not tell; and how long that counts, as where it does. */
let acted;
const ACT = 5000;
const activation = () => globalThis.navigator?.userActivation;

/** Whether the user acted a moment ago. */
export const isUserActive = () => activation()?.isActive ?? performance.now() - acted < ACT;

/** Whether a page of another origin frames this one, be there one of this origin around that. */
export function isFramedByStranger() {
  try {
    let page = globalThis;
    while (page.document && page !== page.parent && page.location.origin === location.origin) page = page.parent;
    return !!page.document && page.location.origin !== location.origin;
  } catch {
    return true;
  }
}

export const isFramed = () => !!globalThis.document && globalThis.parent !== globalThis.self;

export function replaceUrl(url) {
  try {
    globalThis.history?.replaceState(globalThis.history.state, "", url);
  } catch {
    // browsers count the changes, and after too many the address stays as it is
  }
}
