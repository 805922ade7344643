// The demo's bar: its clock ticks, and what it says is asked anew every two seconds.
// A pack that was taken on the packs page is put into the next Scan form that is opened.
const bar = document.querySelector("aside.simulation");
const EVERY_MS = 2000;
const HAND = "esker-demo-pack";
let heard = performance.now();

function tick() {
  const time = bar.querySelector("time[data-simulated]");
  if (!time || bar.dataset.rate !== "1") return;
  const now = new Date(Date.parse(time.dataset.simulated) + performance.now() - heard);
  time.textContent = now.toISOString().slice(11, 19);
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`/demo/bar/?page=${encodeURIComponent(location.pathname)}`);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("aside");
    heard = performance.now();
    bar.dataset.rate = fresh.dataset.rate;
    for (const part of bar.querySelectorAll("[data-part]")) {
      const now = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (now && now.outerHTML !== part.outerHTML && !part.contains(document.activeElement)) part.replaceWith(now);
    }
  } catch { /* the page itself tells when its server is lost */ }
}

function inHand() {
  const said = document.getElementById("in-hand");
  const code = localStorage.getItem(HAND);
  if (!said) return;
  said.textContent = code ? `In your hand: ${code}. Open a chair and press Scan.` : "Nothing in your hand.";
  for (const button of document.querySelectorAll("[data-take]")) button.setAttribute("aria-pressed", button.dataset.take === code);
}

document.addEventListener("click", (event) => {
  const { take, copy } = event.target.dataset;
  if (take) { localStorage.setItem(HAND, take); inHand(); }
  if (copy) navigator.clipboard.writeText(copy).then(() => { event.target.textContent = "Copied"; });
});

function give(field) {
  const code = localStorage.getItem(HAND);
  if (!code || field?.name !== "code" || field.value || !field.closest("[data-command=scan_vial]")) return;
  field.value = code;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  localStorage.removeItem(HAND);
}

document.addEventListener("focusin", (event) => give(event.target));
give(document.activeElement); // a form that was opened before this script had come

if (bar) {
  setInterval(tick, 500);
  setInterval(refresh, EVERY_MS);
  inHand();
}
