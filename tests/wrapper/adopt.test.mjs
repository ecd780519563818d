/** Who of several tabs is believed, when one asks for a newer session. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { answer, ask } from "../../src/platform/web/adopt.js";

const NAME = "portcullis.x.session";

/** Channels of one page; Node's own carry no keys. */
function channels(t) {
  const open = new Set();
  const { BroadcastChannel } = globalThis;
  t.after(() => (globalThis.BroadcastChannel = BroadcastChannel));
  globalThis.BroadcastChannel = class {
    constructor() {
      open.add(this);
    }
    postMessage(data) {
      for (const other of open) if (other !== this) queueMicrotask(() => other.onmessage?.({ data }));
    }
    close() {
      open.delete(this);
    }
  };
}

/** A tab that answers with its record, the next one only after it. */
function tab(record, before = Promise.resolve()) {
  const channel = new BroadcastChannel(NAME);
  return new Promise((answered) => {
    channel.onmessage = async ({ data }) => {
      if (!data?.asks) return;
      await before;
      await answer(channel, NAME, JSON.stringify(record), data);
      answered();
    };
  });
}

const [spent, newest] = [{ rank: 2, refresh_token: "spent" }, { rank: 3, refresh_token: "newest" }];

test("who is about to refresh takes the newest session, not the quickest answer", async (t) => {
  for (const [first, second] of [[spent, newest], [newest, spent]]) {
    channels(t);
    tab(second, tab(first));
    assert.deepEqual(JSON.parse(await ask(NAME, 1)), newest);
  }
});

test("who has none takes the first", async (t) => {
  channels(t);
  tab(newest, tab(spent));
  assert.deepEqual(JSON.parse(await ask(NAME, 0)), spent);
});

test("where nobody answers there is none, for which a tab that has no session waits longer", async (t) => {
  channels(t);
  const waits = [];
  const { setTimeout } = globalThis;
  t.after(() => (globalThis.setTimeout = setTimeout));
  globalThis.setTimeout = (work, delay) => {
    waits.push(delay);
    return setTimeout(work);
  };
  assert.equal(await ask(NAME, 1), undefined);
  assert.equal(await ask(NAME, 0), undefined);
  assert.deepEqual(waits, [60, 250]);
});
