/** Listeners by event. A listener that throws disturbs neither the others nor the module. */

type Listener = (detail: never) => void;

/** How many events of a kind are kept for its first listener. */
const most = 8;

/** What tells listeners, in the order things happened. */
export interface Emitter {
  /** Adds a listener; returns what removes it. The first one for `event` is told, soon, what it missed. */
  on(event: string, listener: Listener): () => void;
  /** Tells the listeners; an event that nobody ever listened for is kept, a state is not. */
  emit(event: string, detail: unknown): void;
  /** Forgets every listener, and what was kept. */
  clear(): void;
}

export function createEmitter(): Emitter {
  const listeners = new Map<string, Set<Listener>>();
  const early = new Map<string, unknown[]>();
  const queue: [string, unknown][] = [];
  let busy = false;

  function tell(listener: Listener, detail: unknown) {
    try {
      listener(detail as never);
    } catch (error) {
      (globalThis.reportError ?? console.error)(error);
    }
  }

  return {
    on(event, listener) {
      const called: Listener = (detail) => listener(detail); // one function may be added twice
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(called));
      for (const detail of early.get(event) ?? []) {
        queueMicrotask(() => set.has(called) && tell(called, detail));
      }
      early.delete(event);
      return () => void set.delete(called);
    },

    emit(event, detail) {
      if (event !== "state" && !listeners.has(event)) {
        early.set(event, [...(early.get(event) ?? []), detail].slice(-most));
        return;
      }
      queue.push([event, detail]);
      if (busy) return; // a listener caused this one: the others hear of its cause first
      busy = true;
      for (let next; (next = queue.shift()); ) {
        const set = listeners.get(next[0]) ?? new Set<Listener>();
        for (const listener of [...set]) if (set.has(listener)) tell(listener, next[1]);
      }
      busy = false;
    },

    clear() {
      for (const set of listeners.values()) set.clear();
      early.clear();
    },
  };
}
