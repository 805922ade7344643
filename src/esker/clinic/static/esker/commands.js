// Sends commands. The id is made here, once; an unanswered command is sent again with the same id,
// so that a lost answer never makes a second dose. What is not yet recorded is shown as such.
import { refresh } from "./live.js";

const { body } = document;
const pending = document.getElementById("pending");
const RETRY_MS = 2000;
const PATIENCE_MS = 8000; // then the line counts as dead, and the same id goes again
let waiting = 0;

export function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const ms = Date.now();
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(ms / 2 ** (8 * (5 - i))) & 255;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// "vitals.0.value" = 120 becomes {vitals: [{value: "120"}]}; rows without a value and boxes without a tick fall away.
export function nest(pairs) {
  const top = {};
  for (const [name, value] of apart(pairs)) {
    if (value === "") continue;
    const path = name.split(".");
    const last = path.pop();
    let at = top;
    path.forEach((step, i) => { at = at[step] ??= /^\d+$/.test(path[i + 1] ?? last) ? [] : {}; });
    at[last] = value;
  }
  for (const [name, rows] of Object.entries(top)) if (Array.isArray(rows)) top[name] = rows.filter((row) => name !== "vitals" || row.value !== undefined);
  return top;
}

// "chair+monitor" is one choice for two fields.
function* apart(pairs) {
  for (const [name, value] of pairs) {
    const parts = value.split("\x1f");
    yield* name.split("+").map((each, i) => [each, parts[i] ?? ""]);
  }
}

// The sentence of a refusal, or null when it was recorded.
export async function send(command, signature, title = command.kind.replaceAll("_", " ")) {
  const payload = JSON.stringify({ id: uuid7(), command, ...(signature && { signature }) });
  const note = document.createElement("p");
  note.textContent = `${title}: not yet recorded`;
  pending.append(note);
  waiting += 1;
  try {
    for (;;) {
      const answer = await once(payload);
      if (answer) return answer.ok ? null : sentence(await answer.json().catch(() => ({})), answer.status);
      note.textContent = `${title}: NOT YET RECORDED, trying again`;
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  } finally {
    waiting -= 1;
    note.remove();
    refresh();
  }
}

// An answer, or null when nobody knows whether it arrived.
async function once(payload) {
  try {
    const answer = await fetch(body.dataset.commands, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": body.dataset.csrf },
      body: payload,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return answer.status < 500 ? answer : null;
  } catch { return null; }
}

function sentence(said, status) {
  if (said.sentence) return said.sentence;
  if (said.sentences) return said.sentences.join(" ");
  return status === 401 ? "You are signed out: sign in again, then send this again." : "This was not recorded. Reload the page and look.";
}

function tell(text) {
  const note = document.createElement("p");
  note.className = "refusal";
  note.setAttribute("role", "alert");
  const done = document.createElement("button");
  done.textContent = "Seen";
  done.addEventListener("click", () => note.remove());
  note.append(text, " ", done);
  pending.append(note);
}

async function submit(form, said) {
  const fields = new FormData(form);
  for (const input of form.querySelectorAll("[inputmode=decimal]")) fields.set(input.name, input.value.replace(",", "."));
  const { signature, ...rest } = nest(fields);
  const dialog = form.closest("dialog");
  const title = form.querySelector("h2")?.textContent ?? form.dataset.command.replaceAll("_", " ");
  const refused = await send({ kind: form.dataset.command, ...rest }, signature, title);
  if (refused === null) dialog?.close();
  const place = said ?? form.querySelector(".said");
  if (place?.isConnected) place.textContent = labelled(refused ?? "", form);
  else if (refused !== null) tell(refused);
  for (const secret of form.querySelectorAll("[name='signature.totp']")) secret.value = "";
}

// The API names a field by its path; who looks at the form knows it by its label. Rows of a list are
// left as they are: those without a value fell away, and a number may mean another row by now.
function labelled(text, form) {
  return text.replace(/\b[a-z_]+\.([a-z_.]+): /g, (path, name) => {
    const label = form.elements[name]?.closest?.("label")?.firstChild.textContent.trim();
    return label ? `${label}: ` : path;
  });
}

const busy = new Set();
async function only(name, work) {
  if (busy.has(name)) return; // a double click is one command
  busy.add(name);
  try { await work(); } finally { busy.delete(name); }
}

// Never modal: alarms, identity and Emergency stay in reach while somebody fills in a form.
let opener = "", seen = 0;
const scroller = document.querySelector("main.scroll");
function open(id, byKey) {
  const dialog = document.getElementById(id);
  if (!dialog) return;
  if (!document.querySelector("dialog[open]")) [opener, seen] = [id, scroller.scrollTop];
  document.querySelector("dialog[open]")?.close();
  for (const input of dialog.querySelectorAll("input[data-channel]")) fill(input);
  dialog.querySelectorAll(".said").forEach((each) => { each.textContent = ""; });
  dialog.show();
  scroller.scrollTop = 0; // the four numbers stay above the form
  const at = entrance(dialog, byKey);
  at?.focus({ preventScroll: at.matches("button") }); // buttons are in view already, what they send is not
}

// A finger finds its field, and a keyboard on the glass would hide the form; keys begin at what is asked.
function entrance(dialog, byKey) {
  const asked = byKey ? dialog.querySelector("input:invalid, select:invalid, fieldset:not(:has(:checked)) input") : null;
  return dialog.querySelector("[data-scan]") ?? asked ?? dialog.querySelector("button[value=send]") ?? dialog.querySelector("button");
}

// Fresh numbers of the monitor, taken over at this moment, with the reading that they came from.
function fill(input) {
  const part = document.querySelector(`[data-part="${input.dataset.channel}"]`);
  const reading = input.form.elements[input.name.replace(/value$/, "reading")];
  input.value = part?.value ?? "";
  reading.value = input.value ? part.dataset.reading : "";
  input.closest("label").querySelector("small").textContent = input.value ? "from the monitor" : "no fresh reading";
  input.oninput = () => { reading.value = ""; input.closest("label").querySelector("small").textContent = "typed"; };
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.command) return;
  event.preventDefault();
  only(form.id || form.closest("dialog")?.id || form.dataset.command + nest(new FormData(form)).medicine, () => submit(form));
});

// What the browser itself asks for takes the place of the server's last answer.
document.addEventListener("invalid", (event) => event.target.form?.querySelector(".said")?.replaceChildren(), true);

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { open: dialog, send: form, kind, alarmId, fill: field } = button.dataset;
  if (dialog) open(dialog, event.detail === 0);
  else if (form) only(form, () => submit(document.getElementById(form), document.querySelector(`[data-said="${CSS.escape(form.slice(2))}"]`)));
  else if (kind) only(kind + alarmId, async () => { const no = await send({ kind, alarm: alarmId }); if (no) tell(no); });
  else if (field) button.form.elements[field].value = button.value;
  else if ("close" in button.dataset) button.closest("dialog").close();
});

// A scanner types; the separator between two parts of its code comes as Ctrl+].
document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-scan]") && event.ctrlKey && event.key === "]") {
    event.preventDefault();
    event.target.setRangeText("\x1d", event.target.selectionStart, event.target.selectionEnd, "end");
  }
});

document.addEventListener("keydown", (event) => { if (event.key === "Escape") document.querySelector("dialog[open]")?.close(); });
document.addEventListener("close", () => {
  if (document.querySelector("dialog[open]")) return; // one form made room for another
  document.querySelector(`[data-open="${CSS.escape(opener)}"]`)?.focus({ preventScroll: true });
  scroller.scrollTop = seen; // back to where it was asked for, the prediction perhaps
  refresh(); // a dialog kept its region as it was
}, true);
addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); });

// The card is open already, by HTML alone; the network comes after.
function emergency() {
  send({ kind: "emergency" }, undefined, "Emergency").then((no) => no && tell(no));
}
document.addEventListener("esker:emergency", emergency);
if (document.documentElement.dataset.emergency === "called") emergency();
