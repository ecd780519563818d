// A sign-in in a window of its own, on both sides of it. Loaded when one begins.
//
// The provider may cut every tie between the window and the page that opened it
// (Cross-Origin-Opener-Policy). The handle then says `closed` for ever, so they meet on a channel
// named after the sign-in's state, and the user counts as back only where the focus is.

const LOOK_EVERY = 250;
/** How many looks in a row must find the window gone and the user back here. */
const LOOKS = 8;
/** How long the page that opened the window has to answer. */
const PATIENCE = 2_000;

/** The part of the time for an answer that a page nobody sees gets to go on. */
const SHOWN = 1 / 4;

const channelOf = (state) => new BroadcastChannel(`portcullis.${state}`);

/** Sends the window to `url`; resolves to its callback URL, rejects with an error code. */
export function visit(popup, url, state, seconds) {
  const channel = channelOf(state);
  let looks = 0;
  let looking;
  let waiting;
  let shown;
  return new Promise((resolve, reject) => {
    channel.onmessage = ({ data }) => {
      if (typeof data !== "string") return;
      channel.postMessage(true);
      resolve(data);
    };
    looking = setInterval(() => {
      looks = popup.closed && document.hasFocus() ? looks + 1 : 0;
      if (looks === LOOKS) reject("popup_closed");
    }, LOOK_EVERY);
    waiting = setTimeout(reject, seconds * 1000, "timeout");
    // a frame that shows a page of the provider's rarely goes on by itself
    popup.onshow?.(() => {
      clearTimeout(shown);
      shown = setTimeout(reject, seconds * 1000 * SHOWN, "timeout");
    });
    popup.location.replace(url);
  }).finally(() => {
    clearInterval(looking);
    clearTimeout(waiting);
    clearTimeout(shown);
    channel.close();
  });
}

const handed = new Map();

/** Offers the callback URL to the page that waits for it; resolves to whether that took it. */
export function handOver(url, state) {
  if (!handed.has(state)) handed.set(state, offer(url, state));
  return handed.get(state);
}

async function offer(url, state) {
  const channel = channelOf(state);
  let waiting;
  const taken = await new Promise((resolve) => {
    channel.onmessage = ({ data }) => data === true && resolve(true);
    waiting = setTimeout(resolve, PATIENCE, false);
    channel.postMessage(url);
  });
  clearTimeout(waiting);
  channel.close();
  if (taken) close();
  return taken;
}
