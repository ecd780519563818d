// How a tab takes over the session of another, where every tab keeps its own. The one that asks
// names a public key; the one that has something newer seals it for that key alone, so that nobody
// else on the channel can read it. Loaded when a tab asks, and ahead of time where one may be asked.
//
// A tab may also sleep, or be gone, when its session is needed. So tabs that took over one session share a
// secret, each in a store of its own, and every refresh leaves the session sealed under it where all can see it.

import { fromBase64, seal, toBase64, unseal } from "./seal.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
/**
 * How long the other tabs have to answer or to say that they hear: one that asks before each refresh has no time
 * to lose, one that would open signed out does. And how long a tab that hears has then.
 */
const PATIENCE = 60;
const NEW_PATIENCE = 250;
const MORE_PATIENCE = 2_000;

const beside = (name, what) => name.replace(/session$/, what);
const SECRET = "secret";
const LEFT = "left";

/** Has this tab share a secret with whoever takes over its session. */
export function prepare(name) {
  if (secretOf(name) || !sessionStorage.getItem(name)) return;
  sessionStorage.setItem(beside(name, SECRET), toBase64(crypto.getRandomValues(new Uint8Array(32))));
}

/** Leaves the session, unless it is outdated already, for those who share this tab's secret; rejects if it cannot. */
export async function leave(name, text) {
  const place = beside(name, LEFT);
  if (rankOf(await left(name)) >= rankOf(text)) return;
  const sealed = await seal(await sharedKey(name), place, text);
  // it may have ended meanwhile
  if (sessionStorage.getItem(name) === text) localStorage.setItem(place, sealed);
}

/** What was left for this tab, if anything was. */
async function left(name) {
  const place = beside(name, LEFT);
  try {
    return await unseal(await sharedKey(name), place, localStorage.getItem(place));
  } catch {
    return undefined; // or it is not for this tab
  }
}

const secretOf = (name) => globalThis.sessionStorage?.getItem(beside(name, SECRET));
const sharedKey = (name) =>
  crypto.subtle.importKey("raw", fromBase64(secretOf(name)), "AES-GCM", false, ["encrypt", "decrypt"]);

const rankOf = (text) => text && JSON.parse(text).rank;

const pair = () => crypto.subtle.generateKey(CURVE, false, ["deriveKey"]);
const shared = (theirs, ours) =>
  crypto.subtle.deriveKey({ name: "ECDH", public: theirs }, ours, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);

/**
 * Looks for a session whose rank is above `since`, in what was left and then with the other tabs, of which one
 * has it if it `isKnown`; resolves to its record, to nothing in words if a tab has one and does not answer, or
 * to undefined.
 */
export async function ask(name, since, isKnown) {
  const leftNewer = async () => {
    const found = await left(name);
    return rankOf(found) > since ? found : undefined;
  };
  const found = await leftNewer();
  if (found) return found;
  const { privateKey, publicKey } = await pair();
  const id = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  let timer;
  let isHeard = isKnown;
  let answer;
  try {
    await new Promise((resolve) => {
      // whoever has a session is about to spend its refresh token: the newest counts, not the quickest
      let isEnough = !since;
      channel.onmessage = ({ data }) => {
        isHeard ||= data?.hears === id;
        if (data?.answers !== id) return;
        if (!(answer?.rank >= data.rank)) answer = data;
        if (isEnough) resolve();
      };
      timer = setTimeout(() => {
        isEnough = true;
        if (answer || !isHeard) resolve();
        else timer = setTimeout(resolve, MORE_PATIENCE);
      }, since ? PATIENCE : NEW_PATIENCE);
      channel.postMessage({ asks: id, since, publicKey });
    });
    if (!answer) return isHeard ? ((await leftNewer()) ?? "") : undefined;
    const key = await shared(answer.publicKey, privateKey);
    const [text, secret] = JSON.parse(await unseal(key, id, answer.sealed));
    if (secret) sessionStorage.setItem(beside(name, SECRET), secret);
    return text;
  } finally {
    clearTimeout(timer);
    channel.close();
  }
}

/** Answers a tab that asks with the record that it asks for, which is kept under `name`. */
export async function answer(channel, name, text, { asks, publicKey }) {
  const ours = await pair();
  const key = await shared(publicKey, ours.privateKey);
  const given = JSON.stringify([text, secretOf(name)]);
  channel.postMessage({ answers: asks, rank: rankOf(text), publicKey: ours.publicKey, sealed: await seal(key, asks, given) });
}
