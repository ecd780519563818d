/** The playground: a connection's form on one side, what it comes to on the other. */
import { createConnection } from "/portcullis/connect.js";
import presets from "/playground/presets.js";
import { announce, h } from "/dom.js";

import { CONNECTION, GATE, needsPerson } from "./fields.js";
import { form } from "./form.js";
import { askGate, VERDICTS } from "./gate.js";
import { dataOf, written } from "./portable.js";
import { preview } from "./preview.js";
import { results } from "./results.js";
import { secretsOf, secretsPanel } from "./secrets.js";
import { transfer } from "./transfer.js";

let kind;
let draft;
let problems = [];
let shownForm;
/** The connection of what the form says now, with the tokens that it has. */
let open;
/** Ends what is under way. */
let running = new AbortController();

const flow = preview();
const secrets = secretsPanel({ changed });
const permit = h("input", { type: "checkbox", id: "permit", onchange: changed });
const permission = h("label", { class: "flag permit", for: "permit" }, permit,
  h("span", {}, "Permit the password grant: this is a first-party server"));
const address = h("input", { id: "address", type: "email", value: "ada@example.org", autocomplete: "off" });
const whom = h("div", { class: "whom" }, h("label", { for: "address" }, "Address"), address);
const authorise = h("button", { class: "button", type: "button", onclick: letIn }, "Authorise");
const test = h("button", { class: "button primary", type: "button", onclick: tryOut }, "Test");
const outcome = results(whom, authorise, test);
const general = h("ul", { class: "general", "aria-label": "Problems of the whole" });
const about = h("p", { class: "hint", id: "preset-about" });
const choice = h("select", { id: "preset", "aria-describedby": "preset-about", onchange: () => start(choice.value) },
  presets.map(({ id, title }) => h("option", { value: id }, title)), h("option", { value: "", hidden: true }, "Imported"));
const place = h("div", { class: "form-place" });
const { buttons, dialog } = transfer({
  write: () => ({ name: draft.id || kind, text: written(dataOf(kind, draft), secrets.known(), problems) }),
  take({ kind, data, left }) {
    choice.value = "";
    about.textContent = left.length ? `Left out, because the form does not know it: ${left.join(", ")}.` : "From a file or pasted.";
    history.replaceState(null, "", location.pathname);
    load(kind, data, {});
    announce("Imported");
  },
});

document.querySelector(".bench").replaceChildren(
  h("section", { class: "card definition", "aria-labelledby": "definition-title" },
    h("header", {}, h("h2", { id: "definition-title" }, "Connection")),
    h("div", { class: "field" }, h("label", { for: "preset" }, "Preset"), choice, about),
    h("div", { class: "transfer" }, buttons),
    h("form", { autocomplete: "off", onsubmit: (event) => event.preventDefault() }, general, secrets.element, permission, place)),
  h("div", { class: "views", role: "region", "aria-label": "Preview and results", tabindex: "0" }, flow.element, outcome.element),
  dialog);
addEventListener("hashchange", () => start(location.hash.slice(1)));
start(location.hash.slice(1));

function start(id) {
  const preset = presets.find((each) => each.id === id) ?? presets[0];
  choice.value = preset.id;
  about.textContent = preset.description;
  if (location.hash.slice(1) !== preset.id) history.replaceState(null, "", `#${preset.id}`);
  load(preset.gate ? "gate" : "connection", structuredClone(preset.gate ?? preset.connection), preset.values);
}

function load(nextKind, data, values) {
  running.abort();
  running = new AbortController();
  flow.forget();
  kind = nextKind;
  draft = data;
  permit.checked = false;
  secrets.fill(values);
  shownForm = form({ sections: kind === "gate" ? GATE : CONNECTION, data: draft, changed });
  place.replaceChildren(shownForm.element);
  outcome.clear();
  return changed();
}

async function changed() {
  const data = dataOf(kind, draft);
  const found = await flow.draw(kind, data);
  if (!found) return; // another input came meanwhile
  problems = found;
  const homeless = shownForm.show(problems);
  general.replaceChildren(...homeless.map(({ field, message }) => h("li", {}, h("code", {}, field), ` ${message}`)));
  general.hidden = homeless.length === 0;
  secrets.ask(secretsOf(data));
  permission.hidden = data.grant !== "password";
  whom.hidden = kind !== "gate";
  authorise.hidden = kind === "gate" || !needsPerson(data);
  test.textContent = kind === "gate" ? "Ask" : "Test";
}

/** The connection that the form describes, opened when it is needed. */
async function connection() {
  const data = dataOf(kind, draft);
  const known = Object.keys(secrets.known());
  const described = JSON.stringify([data, known, permit.checked]);
  if (open?.described !== described) {
    open?.connection.dispose();
    open = undefined;
    const connection = await createConnection({ ...data, trace: true }, {
      secrets: Object.fromEntries(known.map((name) => [name, () => secrets.known()[name] ?? ""])),
      allowPasswordGrant: permit.checked,
      // what the whole page is for, on the machine of whoever knows the secrets
      dangerouslyAllowSecretsInPage: known.length > 0,
    });
    open = { described, connection };
  }
  return open.connection;
}

function tryOut() {
  return busily(test, "Testing…", async (signal) => {
    if (kind === "gate") return ofVerdict(await askGate(dataOf(kind, draft), secrets.known(), address.value, signal));
    const { ok, steps, report } = await (await connection()).test({ signal });
    const took = steps.reduce((sum, { tookMs }) => sum + tookMs, 0);
    return {
      ok, steps, report,
      title: ok ? "It works" : "It does not work",
      text: `${count(steps.filter(({ request }) => request).length)} in ${took} ms`,
    };
  });
}

function letIn() {
  return busily(authorise, "Waiting for the window…", async (signal) => {
    const connected = await connection();
    const before = connected.trace().length;
    const told = () => connected.trace().slice(before).filter(({ request }) => request);
    try {
      if (draft.grant === "device_code") await onAnotherDevice(connected, signal);
      else await connected.authorize({ signal });
    } catch (error) {
      const steps = told();
      // a step that failed says the same
      return { ok: false, title: "Not authorised", error: steps.every(({ ok }) => ok) && error, steps };
    }
    return { ok: true, title: "Authorised", text: "A token is at hand: now test it.", steps: told() };
  });
}

async function onAnotherDevice(connected, signal) {
  const { userCode, verificationUri, completed } = await connected.device({ signal });
  outcome.busy(`Open ${verificationUri} and type in ${userCode}`, () => running.abort());
  await completed;
}

/** What to show of a gate's answer. */
function ofVerdict({ verdict, error, steps }) {
  if (error) return { ok: false, title: "Not asked", error, steps };
  const { ok = false, title, text, remedy } = VERDICTS[verdict.reason];
  return { ok, title, text: verdict.message ? `${text} It said: ${verdict.message}` : text, remedy, steps };
}

/** Does one thing at a time, and shows what it comes to, unless somebody has gone on to something else. */
async function busily(button, words, work) {
  running.abort();
  const mine = (running = new AbortController());
  const { signal } = mine;
  button.disabled = true;
  outcome.busy(words, () => mine.abort());
  const found = await work(signal).catch((error) => ({ ok: false, title: "It does not work", error }));
  button.disabled = false;
  if (running !== mine) return;
  if (signal.aborted) outcome.clear("Stopped.");
  else outcome.show(found);
  button.focus();
  outcome.element.scrollIntoView({ block: "nearest" }); // it is the last on the page
}

const count = (number) => (number === 1 ? "1 request" : `${number} requests`);
