/** The portal: one page, four views, and the callback. */
import settings from "/settings.js";

import { announce, h } from "./dom.js";
import { REASONS, listenTo } from "./happenings.js";
import { problem } from "./problem.js";
import { openSession } from "./session.js";
import { keepTrace } from "./trace-log.js";
import { calls } from "./views/calls.js";
import { checks } from "./views/checks.js";
import { overview } from "./views/overview.js";
import { trace } from "./views/trace.js";

/** By path. A view is `{ title, element, update?, leave? }`; `update` takes each new state. */
const VIEWS = { "/": overview, "/calls": calls, "/trace": trace, "/checks": checks };

const main = document.querySelector("main");
let shown;

async function run(auth) {
  const app = {
    auth,
    settings,
    /** From the callback page, where a sign-in has failed, it leads to the start. */
    signIn: (options) => attempt(() => auth.login(location.pathname === "/callback" ? { returnTo: "/", ...options } : options)),
    signOut: () => attempt(() => auth.logout()),
    /** Runs an action of the user's; what goes wrong is shown above the view. */
    attempt,
    happenings: undefined,
  };
  keepTrace(auth);
  const happenings = (app.happenings = listenTo(auth));
  auth.on("signed-in", () => happenings.elsewhere && announce("Signed in in another tab"));
  auth.on("signed-out", ({ reason }) => announce(REASONS[reason]));
  auth.on("idle-warning", ({ secondsLeft }) => announce(`Nobody there? Signed out in ${secondsLeft} seconds`));
  auth.on("clock-skew", ({ seconds }) => announce(`This clock is ${Math.abs(seconds)} seconds ${seconds > 0 ? "slow" : "fast"}`));
  auth.on("refreshed", () => announce("Access token renewed"));
  auth.on("problem", ({ error }) => announce(error.message));
  auth.subscribe(update);
  addEventListener("popstate", open);
  document.addEventListener("click", followLink);

  if (location.pathname === "/callback") await comeBack();
  else open();

  /** The callback page: finish the sign-in, then go where the user was. */
  async function comeBack() {
    try {
      const { returnTo, user, replayed } = await happenings.here(() => auth.handleCallback());
      history.replaceState(null, "", returnTo);
      open();
      if (!replayed) announce(`Welcome, ${user.name ?? user.sub}`);
    } catch (error) {
      const { user } = auth;
      const again = h("button", { class: "button primary", onclick: () => app.signIn() }, "Sign in again");
      const back = h("a", { class: "button", href: "/" }, "Back to the start");
      update(auth.state);
      show({
        title: "Sign-in failed",
        element: h("div", { class: "narrow" },
          // a stale or forged link ends nobody's session
          h("h1", {}, user ? `Still signed in as ${user.name ?? user.sub}` : "You are not signed in"),
          problem(error, ...(user ? [back] : [again, back]))),
      });
    }
  }

  function open() {
    show((VIEWS[location.pathname] ?? overview)(app));
    for (const link of document.querySelectorAll("nav a")) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    update(auth.state);
    if (location.hash.length > 1) document.getElementById(named(location.hash.slice(1)))?.scrollIntoView();
  }

  function update(state) {
    document.querySelector(".who").replaceChildren(...who(app, state));
    shown?.update?.(state);
  }

  function followLink(event) {
    const link = event.target.closest("a[href^='/']");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (link.href !== location.href) history.pushState(null, "", link.href);
    open();
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  async function attempt(action) {
    try {
      main.querySelector(":scope > .problem")?.remove();
      return await action();
    } catch (error) {
      main.prepend(problem(error));
      scrollTo(0, 0);
    }
  }
}

function who({ signIn, signOut }, { user, status }) {
  if (!user) {
    const busy = status === "signing-in";
    return [h("button", { class: "button primary", disabled: busy, onclick: () => signIn() }, busy ? "Signing in…" : "Sign in")];
  }
  const name = user.name ?? user.sub;
  return [
    h("span", { class: "avatar", "aria-hidden": "true" }, initials(name)),
    h("span", { class: "name" }, name),
    h("button", { class: "button", onclick: signOut }, "Sign out"),
  ];
}

/** What a fragment names; not every one can be read. */
function named(fragment) {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

const initials = (name) => name.split(/\s+/).map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();

function show(view) {
  shown?.leave?.();
  shown = view;
  document.title = `${view.title} · Northgate`;
  main.replaceChildren(view.element);
}

try {
  await run(await openSession());
} catch (error) {
  show({ title: "Not available", element: problem(error) });
}
