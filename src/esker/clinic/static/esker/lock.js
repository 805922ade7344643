// The screen locks when nobody touches it. Vitals, alarms and Emergency stay.
const { body } = document;
const IDLE_MS = 180000;
const post = (url, form) => fetch(url, { method: "POST", body: form, headers: { "X-CSRFToken": body.dataset.csrf } });
let idle;

async function lock() { await post("/lock/"); location.reload(); }
function stir() { clearTimeout(idle); if (!("locked" in body.dataset)) idle = setTimeout(lock, IDLE_MS); }

for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, stir);
stir();
document.addEventListener("click", (event) => { if (event.target.id === "lock") lock(); });
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "unlock" && !form.matches(".switch")) return;
  event.preventDefault(); // a wrong one is said here: another page would take the alarms out of sight
  const answer = await post(form.action, new FormData(form)).catch(() => null);
  if (answer?.redirected) location.assign(answer.url);
  else if (answer?.ok) location.reload();
  else form.querySelector("[role=status]").textContent = answer ? await sentence(answer) : "No answer: try again.";
});

async function sentence(answer) {
  const text = await answer.text();
  if (answer.headers.get("Content-Type")?.includes("json")) return JSON.parse(text).sentence ?? "This does not fit.";
  return new DOMParser().parseFromString(text, "text/html").querySelector(".said")?.textContent || "This does not fit.";
}
