/** Import and export, as a file and as text. */
import { announce, copy, h } from "/dom.js";

import { read } from "./portable.js";

/**
 * @param {object} options
 * @param {() => { name: string, text: string }} options.write what goes out
 * @param {(found: { kind: string, data: object, left: string[] }) => void} options.take takes what came in
 */
export function transfer({ write, take }) {
  const text = h("textarea", { id: "import-text", class: "code", rows: 10, spellcheck: "false", "aria-describedby": "import-error" });
  const error = h("p", { class: "error", id: "import-error", role: "alert" });
  const file = h("input", { id: "import-file", type: "file", accept: ".json,application/json", onchange: fromFile });
  const dialog = h("dialog", { class: "import", "aria-labelledby": "import-title" },
    h("h2", { id: "import-title" }, "Import a connection"),
    h("div", { class: "field" }, h("label", { for: "import-file" }, "From a file"), file),
    h("div", { class: "field" }, h("label", { for: "import-text" }, "Or pasted, as JSON"), text),
    error,
    h("p", { class: "row" },
      h("button", { class: "button primary", type: "button", onclick: () => accept(text.value) }, "Import"),
      h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancel")));
  const buttons = [
    h("button", { class: "button", type: "button", onclick: open }, "Import…"),
    h("button", { class: "button", type: "button", onclick: save }, "Export"),
    h("button", { class: "button", type: "button", onclick: () => copy(write().text, "Copied without secrets") }, "Copy JSON"),
  ];
  return { buttons, dialog };

  function open() {
    text.value = "";
    file.value = "";
    error.textContent = "";
    dialog.showModal();
  }

  async function fromFile() {
    const [chosen] = file.files;
    if (chosen) accept(await chosen.text());
  }

  function accept(json) {
    try {
      take(read(json));
      dialog.close();
    } catch (thrown) {
      error.textContent = thrown.message;
    }
  }

  function save() {
    const { name, text } = write();
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    h("a", { href: url, download: `${name}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000); // the download reads it later
    announce("Exported without secrets");
  }
}
