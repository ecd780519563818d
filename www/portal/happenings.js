/** What the client has said since the page was loaded: kept, so that a view opened later can show it. */

const MOST = 30;

export const REASONS = {
  logout: "Signed out",
  "other-tab": "Signed out in another tab",
  idle: "Signed out: nobody was there",
  "max-lifetime": "Signed out: the session was too old",
  refused: "Signed out: the provider ended the session",
  provider: "Signed out at the provider",
};

/** Listens from now on: `list` is newest first, `figures` what is known last, `watch(listener)` tells of changes. */
export function listenTo(auth) {
  const listeners = new Set();
  let isHere = false;
  const happenings = {
    list: [],
    figures: { skew: undefined, idleUntil: undefined },
    /** Whether what is being told happened in another tab. */
    get elsewhere() {
      return !isHere;
    },
    /** Runs what this page itself does, so that its sign-in is not taken for another tab's. */
    async here(action) {
      isHere = true;
      try {
        return await action();
      } finally {
        isHere = false;
      }
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const note = (kind, text) => {
    happenings.list = [{ at: new Date(), kind, text }, ...happenings.list].slice(0, MOST);
    for (const listener of listeners) listener();
  };

  auth.on("signed-in", () => note("good", isHere ? "Signed in" : "Signed in in another tab"));
  auth.on("signed-out", ({ reason }) => {
    happenings.figures = {};
    note("bad", REASONS[reason]);
  });
  auth.on("refreshed", () => note("good", "Access token renewed"));
  auth.on("idle-warning", ({ secondsLeft }) => {
    happenings.figures.idleUntil = Date.now() + secondsLeft * 1000;
    note("warn", `Nobody there: ${secondsLeft} seconds left`);
  });
  auth.on("clock-skew", ({ seconds }) => {
    happenings.figures.skew = seconds;
    note("warn", `The provider's clock is ${Math.abs(seconds)} seconds ${seconds > 0 ? "ahead" : "behind"}`);
  });
  // whoever does something is there
  for (const sign of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
    addEventListener(sign, () => (happenings.figures.idleUntil = undefined), { passive: true });
  }
  auth.on("problem", ({ error }) => note("bad", error.message));
  return happenings;
}
