/**
 * The client's trace, carried over the page loads of a sign-in. It holds no secret, so the tab's
 * own storage may have it.
 */
const KEY = "northgate.trace";
const MOST = 200;

let before = [];

/** Takes up what the pages before left, and leaves this page's events to the next. */
export function keepTrace(auth) {
  before = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, JSON.stringify(events(auth))));
}

/** All events of this tab, oldest first. */
export const events = (auth) => [...before, ...auth.trace()].slice(-MOST);

export function forget() {
  before = [];
  sessionStorage.removeItem(KEY);
}
