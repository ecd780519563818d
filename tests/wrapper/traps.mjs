/** A module that stops: its exports, each of which traps while `isTrapping()` says so. */
export function trapped(exports, isTrapping) {
  const wrapped = (exported) => (...args) => {
    if (isTrapping()) throw new WebAssembly.RuntimeError("unreachable");
    return exported(...args);
  };
  return Object.fromEntries(Object.entries(exports).map(([name, value]) =>
    [name, typeof value === "function" ? wrapped(value) : value]));
}
