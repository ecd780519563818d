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
    const connection = await createConnection(data, {
      secrets: Object.fromEntries(known.map((name) => [name, () => secrets.known()[name] ?? ""])),
      allowPasswordGrant: permit.checked,
      // what the whole page is for, on the machine of whoever knows the secrets
      dangerouslyAllowSecretsInPage: known.length > 0,
    });
    open = { described, connection };
  }
  return open.connection;
}

async function tryOut() {
  await busily(test, "Testing…", async () => {
    if (kind === "gate") return showVerdict(await askGate(dataOf(kind, draft), secrets.known(), address.value));
    const { ok, steps, report } = await (await connection()).test();
    const took = steps.reduce((sum, { tookMs }) => sum + tookMs, 0);
    return outcome.show({
      ok, steps, report,
      title: ok ? "It works" : "It does not work",
      text: `${count(steps.filter(({ request }) => request).length)} in ${took} ms`,
    });
  });
}

async function letIn() {
  await busily(authorise, "Waiting for the window…", async () => {
    const connected = await connection();
    const before = connected.trace().length;
    const told = () => connected.trace().slice(before).filter(({ request }) => request);
    try {
      if (draft.grant === "device_code") await onAnotherDevice(connected);
      else await connected.authorize();
    } catch (error) {
      return outcome.show({ ok: false, title: "Not authorised", error, steps: told() });
    }
    return outcome.show({ ok: true, title: "Authorised", text: "A token is at hand: now test it.", steps: told() });
  });
}

async function onAnotherDevice(connected) {
  const { userCode, verificationUri, completed } = await connected.device();
  outcome.busy(`Open ${verificationUri} and type in ${userCode}`);
  await completed;
}

function showVerdict({ verdict, error, steps }) {
  if (error) return outcome.show({ ok: false, title: "Not asked", error, steps });
  const { ok = false, title, text, remedy } = VERDICTS[verdict.reason];
  return outcome.show({ ok, title, text: verdict.message ? `${text} It said: ${verdict.message}` : text, remedy, steps });
}

async function busily(button, words, work) {
  button.disabled = true;
  outcome.busy(words);
  try {
    await work();
  } catch (error) {
    outcome.show({ ok: false, title: "It does not work", error });
  }
  button.disabled = false;
  button.focus();
}

const count = (number) => (number === 1 ? "1 request" : `${number} requests`);
