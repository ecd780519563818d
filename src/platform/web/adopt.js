// How a tab takes over the session of another, where every tab keeps its own. The one that asks
// names a public key; the one that has something newer seals it for that key alone, so that nobody
// else on the channel can read it. Loaded when a tab asks or answers.

const CURVE = { name: "ECDH", namedCurve: "P-256" };
/** How long the other tabs have to answer. */
const PATIENCE = 60;

const pair = () => crypto.subtle.generateKey(CURVE, false, ["deriveKey"]);
const shared = (theirs, ours) =>
  crypto.subtle.deriveKey({ name: "ECDH", public: theirs }, ours, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);

/** Asks for a session whose rank is above `since`; resolves to its record, or undefined. */
export async function ask(name, since) {
  const { privateKey, publicKey } = await pair();
  const id = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  try {
    const answer = await new Promise((resolve) => {
      channel.onmessage = ({ data }) => data?.answers === id && resolve(data);
      setTimeout(resolve, PATIENCE);
      channel.postMessage({ asks: id, since, publicKey });
    });
    if (!answer) return undefined;
    const key = await shared(answer.publicKey, privateKey);
    return new TextDecoder().decode(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv: answer.iv }, key, answer.sealed),
    );
  } finally {
    channel.close();
  }
}

/** Answers a tab that asks, if this one has what it asks for. */
export async function answer(channel, name, { asks, since, publicKey }) {
  const text = sessionStorage.getItem(name);
  if (!(JSON.parse(text)?.rank > since)) return;
  const ours = await pair();
  const key = await shared(publicKey, ours.privateKey);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
  channel.postMessage({ answers: asks, publicKey: ours.publicKey, iv, sealed });
}
