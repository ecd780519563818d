// A portal that keeps its ears open: everything the library says or leaves behind, as plain data.
// Which client it opens is written in `window.name`, which outlives the way to the provider and back.
import { createAuth } from "/portcullis/index.js";

const kinds = ["signed-in", "signed-out", "refreshed", "idle-warning", "clock-skew", "problem"];

/** Forgets everything there was, and opens a client with these settings in this very page. */
globalThis.start = async (settings) => {
  globalThis.auth?.dispose();
  localStorage.clear();
  sessionStorage.clear();
  const { name } = (await indexedDB.databases())[0] ?? {};
  if (name) indexedDB.deleteDatabase(name); // whoever opens it next waits
  window.name = JSON.stringify(settings);
  history.replaceState(null, "", "/");
  await open();
};

async function open() {
  const events = (globalThis.events = []);
  // a frame of ours has the name of the page around it
  globalThis.auth = await createAuth(JSON.parse(window.name || parent.name));
  // the first listener hears what it missed, in microtasks
  for (const kind of kinds) auth.on(kind, (detail) => events.push([kind, spell(detail), detail.error?.code]));
}

/** Everything a value says of itself: as text, as JSON, and member by member, causes and stack included. */
function spell(value, seen = new Set()) {
  if (Object(value) !== value) return String(value);
  if (seen.has(value)) return "";
  seen.add(value);
  const members = Reflect.ownKeys(value).map((key) => `${String(key)}: ${spell(value[key], seen)}`);
  return [String(value), JSON.stringify(value), ...members].join("\n");
}

globalThis.spell = spell;

/** What the page has no right to is as good as empty. */
const attempt = (get, otherwise) => {
  try {
    return get();
  } catch {
    return otherwise;
  }
};
const stored = () => attempt(() => ({ local: { ...localStorage }, session: { ...sessionStorage } }), { local: {}, session: {} });

/** Makes a call; resolves to what it came to, what that changed, and what can be seen afterwards. */
globalThis.observe = async (call) => {
  const before = stored();
  const since = events.length;
  const { value, error } = await Promise.resolve().then(call).then((value) => ({ value }), (error) => ({ error }));
  return {
    code: error?.code,
    isAuthError: error?.name === "AuthError",
    value,
    before,
    after: stored(),
    events: events.slice(since).map(([kind]) => kind),
    told: events.map(([kind, , code]) => code ?? kind),
    status: auth.state.status,
    said: {
      error: spell(error),
      events: spell(events),
      state: spell(auth.state),
      trace: spell(auth.trace()),
      url: location.href,
      history: spell(navigation.entries().map(({ url }) => url)) + spell(history.state),
      cookies: attempt(() => document.cookie, ""),
      page: document.documentElement.outerHTML,
    },
    databases: (await indexedDB.databases().catch(() => [])).length,
    polluted: {}.polluted,
  };
};

if (location.pathname === "/cb") {
  const url = location.href;
  globalThis.finished = open().then(() => observe(() => auth.handleCallback(url)));
} else if (window.name) globalThis.opened = open();
