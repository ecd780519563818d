// How a tab takes over the session of another, where every tab keeps its own. The one that asks
// names a public key; the one that has something newer seals it for that key alone, so that nobody
// else on the channel can read it. Loaded when a tab asks, and ahead of time where one may be asked.

const CURVE = { name: "ECDH", namedCurve: "P-256" };
/** How long the other tabs have to answer or to say that they hear, and how long one that does has then. */
const PATIENCE = 60;
const MORE_PATIENCE = 2_000;

const pair = () => crypto.subtle.generateKey(CURVE, false, ["deriveKey"]);
const shared = (theirs, ours) =>
  crypto.subtle.deriveKey({ name: "ECDH", public: theirs }, ours, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);

/**
 * Asks for a session whose rank is above `since`; resolves to its record, to nothing in words if a
 * tab has one and does not answer, or to undefined.
 */
export async function ask(name, since) {
  const { privateKey, publicKey } = await pair();
  const id = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  let timer;
  let isHeard = false;
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
      }, PATIENCE);
      channel.postMessage({ asks: id, since, publicKey });
    });
    if (!answer) return isHeard ? "" : undefined;
    const key = await shared(answer.publicKey, privateKey);
    return new TextDecoder().decode(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv: answer.iv }, key, answer.sealed),
    );
  } finally {
    clearTimeout(timer);
    channel.close();
  }
}

/** Answers a tab that asks with the record that it asks for. */
export async function answer(channel, text, { asks, publicKey }) {
  const ours = await pair();
  const key = await shared(publicKey, ours.privateKey);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
  const { rank } = JSON.parse(text);
  channel.postMessage({ answers: asks, rank, publicKey: ours.publicKey, iv, sealed });
}
