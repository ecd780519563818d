/** Elements without a framework. Text stays text: nothing here parses markup. */

/** `h("a", { href: "/", onclick }, "Home")`; `on…` are listeners, false and null leave an attribute out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Says `text` to everybody, screen readers included, and lets it fade. */
export function announce(text) {
  const toast = document.querySelector(".toast");
  toast.textContent = text;
  toast.classList.remove("shown");
  void toast.offsetWidth; // restarts the animation
  toast.classList.add("shown");
}

/** Puts `text` where it can be pasted from and says `done`, or that it could not be. */
export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    announce(done);
  } catch {
    announce("Not copied: the browser does not permit it");
  }
}
