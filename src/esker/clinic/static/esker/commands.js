// Sends commands. The id is made here, once; an unanswered command is sent again with the same id,
// so that a lost answer never makes a second dose. What is not yet recorded is shown as such.
import { refresh } from "./live.js";

const body = document.body;
const pending = document.getElementById("pending");
const RETRY_MS = 3000;

export function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const ms = Date.now();
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(ms / 2 ** (8 * (5 - i))) & 255;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// "vitals.0.value" = 120 becomes {vitals: [{value: "120"}]}; rows without a value fall away.
export function nest(pairs) {
  const top = {};
  for (const [name, value] of pairs) {
    if (value === "") continue;
    const path = name.split(".");
    const last = path.pop();
    let at = top;
    path.forEach((step, i) => { at = at[step] ??= /^\d+$/.test(path[i + 1] ?? last) ? [] : {}; });
    at[last] = value;
  }
  for (const [name, list] of Object.entries(top)) {
    if (Array.isArray(list)) top[name] = list.filter((row) => row && row.value !== undefined);
  }
  return top;
}

// The sentence of a refusal, or null when it was recorded.
export async function send(command, signature) {
  const payload = JSON.stringify({ id: uuid7(), command, ...(signature && { signature }) });
  const note = document.createElement("p");
  note.textContent = `${command.kind.replaceAll("_", " ")}: not yet recorded`;
  pending.append(note);
  for (;;) {
    try {
      const answer = await fetch(body.dataset.commands, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": body.dataset.csrf },
        body: payload,
      });
      if (answer.status < 500) {
        note.remove();
        refresh();
        return answer.ok ? null : sentence(await answer.json().catch(() => ({})));
      }
    } catch { /* no answer: it is looked up by sending the same id again */ }
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

function sentence(said) {
  return said.sentence ?? (typeof said.detail === "string" ? said.detail : "This was not recorded. Reload the page and look.");
}

function tell(text) {
  const note = document.createElement("p");
  note.className = "refusal";
  note.textContent = text;
  const done = document.createElement("button");
  done.textContent = "Seen";
  done.addEventListener("click", () => note.remove());
  note.append(" ", done);
  pending.append(note);
}

async function submit(form) {
  const { signature, ...fields } = nest(new FormData(form));
  const refused = await send({ kind: form.dataset.command, ...fields }, signature);
  const dialog = form.closest("dialog");
  if (refused === null) dialog?.close();
  else if (dialog) form.querySelector(".said").textContent = refused;
  else tell(refused);
}

const busy = new WeakSet();
async function once(element, work) {
  if (busy.has(element)) return; // a double click is one command
  busy.add(element);
  try { await work(); } finally { busy.delete(element); }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.command) return;
  event.preventDefault();
  once(event.target, () => submit(event.target));
});

document.addEventListener("click", (event) => {
  const { target } = event;
  const { open, send: form, kind, alarmId } = target.dataset;
  if (open) document.getElementById(open)?.showModal();
  else if (form) once(target, () => submit(document.getElementById(form)));
  else if (kind) once(target, async () => { const no = await send({ kind, alarm: alarmId }); if (no) tell(no); });
  else if ("close" in target.dataset) target.closest("dialog").close();
  else if (target.id === "emergency") emergency();
  else if (target.id === "rescue-close") document.getElementById("rescue").hidden = true;
});

// The card first, the network later.
let since = null;
function emergency() {
  const card = document.getElementById("rescue");
  card.hidden = false;
  card.focus();
  if (since !== null) return;
  since = Date.now();
  setInterval(() => {
    const s = Math.floor((Date.now() - since) / 1000);
    document.getElementById("rescue-clock").textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  }, 1000);
  send({ kind: "emergency" }).then((no) => no && tell(no));
}
