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
  if (event.target.id !== "unlock") return;
  event.preventDefault();
  const answer = await post(event.target.action, new FormData(event.target));
  if (answer.ok) location.reload();
  else event.target.querySelector("[role=status]").textContent = (await answer.json().catch(() => ({}))).sentence ?? "This does not fit.";
});
