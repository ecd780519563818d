/**
 * The controls of a form, one for each kind of field. Each takes `(field, { path, data, changed })`, where `data`
 * is the object whose member `field.name` it edits, and is `{ element, apply() }`; `apply` shows or hides it and
 * whatever depends on other members.
 */
import { h } from "/dom.js";

import { STEP } from "./fields.js";

let last = 0;
const freshId = () => `field-${(last += 1)}`;

const KINDS = { text, number: text, flag, choice, radio, pairs, map, texts, step, steps, named };

export function control(field, at) {
  const made = KINDS[field.kind ?? "text"](field, at);
  return {
    element: made.element,
    apply() {
      made.element.hidden = field.when ? !field.when(at.data) : false;
      made.apply?.();
    },
  };
}

/** Sets a member, or removes it where it says nothing. */
function put(data, name, value) {
  if (value === undefined || value === "") delete data[name];
  else data[name] = value;
}

/** An input with its label, hint and place for an error. */
function labelled({ label, hint }, path, input) {
  const { hintId, error } = described(input, path, hint);
  return h("div", { class: "field" },
    h("label", { for: input.id }, label), input,
    hint && h("p", { class: "hint", id: hintId }, hint), error);
}

/** Ties an input to its hint, and says where its problems go. */
function described(input, path, hint) {
  input.id ||= freshId();
  input.dataset.path = path;
  const error = h("p", { class: "error", id: `${input.id}-error`, hidden: true });
  input.dataset.error = error.id;
  const hintId = `${input.id}-hint`;
  if (hint) input.setAttribute("aria-describedby", hintId);
  return { hintId, error };
}

function text(field, { path, data, changed }) {
  const { name, code, placeholder, kind } = field;
  const input = h("input", {
    class: code ? "code" : "", type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: code ? "false" : null,
    inputmode: kind === "number" && !code ? "numeric" : null, placeholder,
    value: data[name] ?? "",
    oninput() {
      put(data, name, kind === "number" && /^\d+$/.test(input.value) ? Number(input.value) : input.value);
      changed();
    },
  });
  return { element: labelled(field, path, input) };
}

function flag({ name, label, empty }, { path, data, changed }) {
  const input = h("input", {
    type: "checkbox", checked: data[name] ?? empty,
    onchange() {
      put(data, name, input.checked === empty ? undefined : input.checked);
      changed();
    },
  });
  const { error } = described(input, path);
  return { element: h("div", { class: "field" }, h("label", { class: "flag", for: input.id }, input, h("span", {}, label)), error) };
}

const pairOf = (option) => (Array.isArray(option) ? option : [option, option]);
const settle = (value, data) => (typeof value === "function" ? value(data) : value);

function choice(field, { path, data, changed }) {
  const { name, options, empty } = field;
  const select = h("select", {
    onchange() {
      put(data, name, select.value === settle(empty, data) ? undefined : select.value);
      changed();
    },
  });
  let offered = "";
  return {
    element: labelled(field, path, select),
    apply() {
      const list = settle(options, data).map(pairOf);
      const chosen = data[name] ?? settle(empty, data);
      // what an import brought is shown, so that it can be put right
      if (!list.some(([value]) => value === chosen)) list.push([chosen, String(chosen)]);
      const wanted = JSON.stringify(list);
      if (wanted !== offered) select.replaceChildren(...list.map(([value, words]) => h("option", { value }, words)));
      offered = wanted;
      select.value = chosen;
    },
  };
}

function radio(field, { path, data, changed }) {
  const { name, label, options, empty, hint } = field;
  const group = freshId();
  const set = h("fieldset", { class: "field radio" }, h("legend", {}, label));
  const { hintId, error } = described(set, path, hint);
  set.append(h("div", { class: "segments" }, options.map(([value, words]) => h("label", {},
    h("input", {
      type: "radio", name: group, value, checked: (data[name] ?? empty) === value,
      onchange() {
        put(data, name, value === empty ? undefined : value);
        changed();
      },
    }), h("span", {}, words)))));
  if (hint) set.append(h("p", { class: "hint", id: hintId }, hint));
  set.append(error);
  return { element: set };
}

/**
 * Rows that come and go. `make(row, index)` is `{ element, apply?() }`, or several of those; after a change the
 * focus stays where the user is.
 */
function rows(field, { path, rows: list, fresh, make, store, changed, stacked }) {
  const { label, item, hint } = field;
  const body = h("div", { class: stacked ? "rows stacked" : "rows" });
  const set = h("fieldset", { class: "field list" }, h("legend", {}, label));
  const { hintId, error } = described(set, path, hint);
  const add = h("button", { class: "quiet", type: "button", onclick: append }, `Add a ${item}`.replace(/ a (?=[aeiou])/, " an "));
  if (hint) set.append(h("p", { class: "hint", id: hintId }, hint));
  set.append(body, error, add);
  let parts = [];
  draw();
  return { element: set, apply: () => parts.forEach((part) => part.apply?.()) };

  function draw() {
    parts = list.map((row, index) => {
      const part = make(row, index, () => {
        store();
        changed();
      });
      const remove = h("button", {
        class: "quiet remove", type: "button", "aria-label": `Remove ${item} ${index + 1}`, title: "Remove",
        onclick: () => drop(index),
      }, "×");
      return { element: h("div", { class: "list-row" }, part.element, remove), apply: part.apply };
    });
    body.replaceChildren(...parts.map((part) => part.element));
    for (const part of parts) part.apply?.();
  }

  function append() {
    list.push(fresh());
    store();
    draw();
    body.lastElementChild.querySelector("input, select")?.focus();
    changed();
  }

  function drop(index) {
    list.splice(index, 1);
    store();
    draw();
    (body.children[Math.min(index, list.length - 1)]?.querySelector(".remove") ?? add).focus();
    changed();
  }
}

/** One input of a row, without a label that can be seen. */
function cell({ label, path, value, code = true, placeholder }, write) {
  const input = h("input", {
    class: code ? "code" : "", type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    "aria-label": label, value: value ?? "", placeholder, oninput: () => write(input.value),
  });
  const { error } = described(input, path);
  return { input, error };
}

function pairs(field, { path, data, changed }) {
  const list = Array.isArray(data[field.name]) ? data[field.name] : [];
  return rows(field, {
    path, changed, rows: list, fresh: () => ({ name: "", value: "" }),
    store: () => put(data, field.name, list.length ? list : undefined),
    make: (row, index, done) => pair(
      cell({ label: `Name of ${field.item} ${index + 1}`, path: `${path}[${index}].name`, value: row.name, placeholder: "name" }, (text) => { row.name = text; done(); }),
      cell({ label: `Value of ${field.item} ${index + 1}`, path: `${path}[${index}].value`, value: row.value, placeholder: "value" }, (text) => { row.value = text; done(); })),
  });
}

const pair = (name, value) => ({ element: h("div", { class: "pair" }, name.input, value.input, name.error, value.error) });

function map(field, { path, data, changed }) {
  const list = Object.entries(data[field.name] ?? {}).map(([name, value]) => ({ name, value }));
  return rows(field, {
    path, changed, rows: list, fresh: () => ({ name: "", value: "" }),
    store() {
      const named = list.filter(({ name }) => name !== "");
      put(data, field.name, named.length ? Object.fromEntries(named.map(({ name, value }) => [name, value])) : undefined);
    },
    make(row, index, done) {
      const value = cell({ label: `Value of ${field.item} ${index + 1}`, path: `${path}.${row.name}`, value: row.value, placeholder: "value" }, (text) => { row.value = text; done(); });
      const name = cell({ label: `Name of ${field.item} ${index + 1}`, path: `${path}[${index}].name`, value: row.name, placeholder: "name" }, (text) => {
        row.name = text;
        value.input.dataset.path = `${path}.${text}`;
        done();
      });
      return pair(name, value);
    },
  });
}

function texts(field, { path, data, changed }) {
  const list = (data[field.name] ?? []).map((text) => ({ text }));
  return rows(field, {
    path, changed, rows: list, fresh: () => ({ text: "" }),
    store: () => put(data, field.name, list.length ? list.map(({ text }) => text) : undefined),
    make(row, index, done) {
      const { input, error } = cell({ label: `${field.label}, ${index + 1}`, path: `${path}[${index}]`, value: row.text }, (text) => { row.text = text; done(); });
      return { element: h("div", { class: "single" }, input, error) };
    },
  });
}

/** The fields of an object inside the data. */
function inner(fields, path, data, changed) {
  const parts = fields.map((field) => control(field, { path: `${path}.${field.name}`, data, changed }));
  return {
    element: h("div", { class: "fields nested" }, parts.map((part) => part.element)),
    apply: () => parts.forEach((part) => part.apply()),
  };
}

function steps(field, { path, data, changed }) {
  const list = Array.isArray(data[field.name]) ? data[field.name] : [];
  return rows(field, {
    path, changed, stacked: true, rows: list, fresh: () => ({ url: "" }),
    store: () => put(data, field.name, list.length ? list : undefined),
    make: (row, index, done) => inner(STEP, `${path}[${index}]`, row, done),
  });
}

function step(field, { path, data, changed }) {
  const list = data[field.name] ? [data[field.name]] : [];
  const made = rows(field, {
    path, changed, stacked: true, rows: list, fresh: () => ({ url: "" }),
    store() {
      list.splice(1);
      put(data, field.name, list[0]);
    },
    make: (row, _index, done) => inner(STEP, path, row, done),
  });
  const add = made.element.querySelector(":scope > .quiet");
  return {
    element: made.element,
    apply() {
      add.hidden = list.length > 0;
      made.apply();
    },
  };
}

function named(field, { path, data, changed }) {
  const list = Object.entries(data[field.name] ?? {}).map(([name, value]) => ({ name, value }));
  const { of, item } = field;
  return rows(field, {
    path, changed, stacked: true, rows: list, fresh: () => ({ name: "", value: of.fields ? {} : [] }),
    store() {
      const known = list.filter(({ name }) => name !== "");
      put(data, field.name, known.length ? Object.fromEntries(known.map(({ name, value }) => [name, value ?? (of.fields ? {} : [])])) : undefined);
    },
    make(row, index, done) {
      const at = `${path}.${row.name}`;
      const name = cell({ label: `Name of ${item} ${index + 1}`, path: `${path}[${index}].name`, value: row.name, placeholder: "name" }, (text) => {
        const before = `${path}.${row.name}`;
        row.name = text;
        for (const place of part.element.querySelectorAll("[data-path]")) {
          place.dataset.path = `${path}.${text}${place.dataset.path.slice(before.length)}`;
        }
        done();
      });
      const part = of.fields
        ? inner(of.fields, at, row.value, done)
        : pairs({ name: "value", label: `Of this ${item}`, item: of.item }, { path: at, data: row, changed: done });
      return { element: h("div", { class: "named" }, name.input, name.error, part.element), apply: part.apply };
    },
  });
}
