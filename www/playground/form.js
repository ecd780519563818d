/**
 * A form over plain data, built from a table of fields. It owns its data and changes it in place; problems are
 * shown at the fields that they name, and tied to them.
 */
import { h } from "/dom.js";

import { control } from "./controls.js";

/**
 * @param {object} options
 * @param {object[]} options.sections see `fields.js`
 * @param {object} options.data what the form begins with, and changes
 * @param {() => void} options.changed called after each input
 * @returns `{ element, show(problems) }`
 */
export function form({ sections, data, changed }) {
  const openAtFirst = matchMedia("(min-width: 70rem)").matches ? 2 : 1;
  const fieldsets = sections.map(({ title, fields }, index) => {
    const parts = fields.map((field) => control(field, {
      path: field.name,
      data,
      changed: input,
    }));
    const count = h("span", { class: "count" });
    const element = h("details", { class: "section", open: index < openAtFirst },
      h("summary", {}, h("h3", {}, title), count),
      h("div", { class: "fields" }, parts.map((part) => part.element)));
    return { element, parts, count };
  });
  const element = h("div", { class: "form" }, fieldsets.map((part) => part.element));
  apply();
  return { element, show };

  function input() {
    apply();
    changed();
  }

  /** Shows what applies. */
  function apply() {
    for (const { element, parts } of fieldsets) {
      for (const part of parts) part.apply();
      element.hidden = parts.every((part) => part.element.hidden);
    }
  }

  function show(problems) {
    const places = new Map();
    for (const place of element.querySelectorAll("[data-path]")) {
      places.set(place.dataset.path, place);
      clear(place);
    }
    const homeless = problems.filter(({ field, message }) => {
      const place = placeOf(places, field);
      if (place) mark(place, message);
      return !place;
    });
    for (const { element, count } of fieldsets) {
      const wrong = element.querySelectorAll(".error:not([hidden])").length;
      count.textContent = wrong ? `${wrong} to mend` : "";
    }
    return homeless;
  }
}

/** The field that a problem names, or the one around it. */
function placeOf(places, field) {
  for (let path = field; path; path = path.slice(0, Math.max(0, path.lastIndexOf("."), path.lastIndexOf("[")))) {
    if (places.has(path)) return places.get(path);
  }
  return undefined;
}

function clear(place) {
  const { error, input } = partsOf(place);
  if (!error || error.hidden) return;
  error.hidden = true;
  error.textContent = "";
  input?.removeAttribute("aria-invalid");
  describe(input, error.id, false);
}

function mark(place, message) {
  const { error, input } = partsOf(place);
  error.textContent = error.hidden ? sentence(message) : `${error.textContent} ${sentence(message)}`;
  error.hidden = false;
  input?.setAttribute("aria-invalid", "true");
  describe(input, error.id, true);
}

function partsOf(place) {
  return {
    error: document.getElementById(place.dataset.error),
    input: place.matches("input, select, textarea, fieldset") ? place : place.querySelector("input, select, textarea"),
  };
}

/** Adds an element to what describes an input, or takes it away. */
function describe(input, id, isThere) {
  if (!input) return;
  const ids = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (isThere) ids.add(id);
  else ids.delete(id);
  if (ids.size) input.setAttribute("aria-describedby", [...ids].join(" "));
  else input.removeAttribute("aria-describedby");
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
