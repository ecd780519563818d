// Frames of the provider that nobody sees: to sign in whoever is signed in there, and to hear when
// that is over (OpenID Connect Session Management). A provider of another site does not get its
// cookies in a frame, and would say that nobody is there. Loaded for portals that ask for either.

/** How often the provider's frame is asked, while the page is seen. */
const ASK_EVERY = 5_000;
/** How long it is left alone at the most when it says again and again that something has changed. */
const LONGEST = 3_600_000;
/** After how many questions without an answer the frame is loaded anew: twice as many the next time. */
const UNANSWERED = 12;
const MARK = "portcullis-site";

/** An empty frame, as far as `visit` needs to know it; throws `unsupported` for another site, be it the issuer's or its pages'. */
export function open(issuer) {
  const frame = add(issuer);
  return {
    get closed() { return !frame.isConnected; },
    location: { replace: (url) => (ensureSameSite(url), (frame.src = url)) },
    close: () => frame.remove(),
    // the callback page is of this origin, and its document can be seen
    onshow: (told) => (frame.onload = () => frame.contentDocument ?? told()),
  };
}

function ensureSameSite(url) {
  if (!isSameSite(new URL(url))) throw "unsupported";
}

function add(url) {
  ensureSameSite(url);
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts allow-same-origin allow-forms";
  frame.hidden = true;
  document.body.append(frame);
  return frame;
}

/**
 * Whether cookies of `url` go with requests from this page. Two hosts of one scheme are of one site
 * if what their names both end in is no public suffix, and of those the browser has a list: no
 * cookie can be set for one.
 */
function isSameSite(url) {
  if (url.protocol !== location.protocol) return false;
  if (url.hostname === location.hostname) return true;
  const ours = location.hostname.split(".").reverse();
  const theirs = url.hostname.split(".").reverse();
  const apart = ours.findIndex((label, i) => label !== theirs[i]);
  const domain = ours.slice(0, apart < 0 ? ours.length : apart).reverse().join(".");
  if (!domain) return false;
  const set = (value) => (document.cookie = `${MARK}=${value}; domain=${domain}; path=/; samesite=strict`);
  set("1; max-age=9");
  const isSet = document.cookie.split("; ").includes(`${MARK}=1`);
  set("; max-age=0");
  return isSet;
}

/**
 * Asks the provider's frame at `url` about its session, again and again, until it says that
 * something `changed` (once) or that it cannot tell. What is watched already goes on as it is.
 */
export function watch(host, url, message, changed) {
  // it may be over before this file is loaded
  if (host.gone.aborted || host.watching === message) return;
  host.unwatch?.();
  host.watching = message;
  const { origin } = new URL(url);
  const frame = add(url);
  // one that does not see its cookies says so for ever, and every time leads to a sign-in that nobody sees
  host.changes ??= 0;
  const rest = host.changes > 1 ? Math.min(ASK_EVERY * 2 ** host.changes, LONGEST) : 0;
  const begin = performance.now() + rest;
  let [asked, patience] = [0, UNANSWERED];
  const ask = () => {
    if (document.hidden || performance.now() < begin) return;
    if (++asked <= patience) return frame.contentWindow?.postMessage(message, origin);
    // it did not come, for want of a network or a provider
    [asked, patience] = [0, patience * 2];
    frame.src = url;
  };
  const hear = (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    asked = 0;
    if (event.data === "unchanged") return (host.changes = 0);
    stop();
    // an error is the answer to this very question: it is not asked again
    if (event.data !== "changed") return;
    host.changes++;
    host.watching = undefined;
    changed();
  };
  const asking = setInterval(ask, ASK_EVERY);
  const stop = () => {
    clearInterval(asking);
    removeEventListener("message", hear);
    frame.remove();
  };
  frame.onload = ask;
  addEventListener("message", hear);
  host.unwatch = stop;
  // what is started anew watches anew
  host.gone.addEventListener("abort", () => (stop(), (host.watching = undefined)));
  frame.src = url;
}
