// Keeps the page true: server events wake it, fragments bring the newest regions, and a page that
// has lost its server says so. Nothing here depends on the chart.
import { sound } from "./alarm.js";

const SILENT_MS = 10000;
const body = document.body;
const banner = document.getElementById("unmonitored");
let lastBeat = performance.now();
let loading = false;
let again = false;

export async function refresh() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const answer = await fetch(body.dataset.fragment, { credentials: "same-origin" });
    if (answer.redirected) { location.reload(); return; }
    if (answer.ok) place(await answer.text());
  } catch { /* the banner tells; the next event tries again */ } finally {
    loading = false;
    if (again) { again = false; setTimeout(refresh, 250); }
  }
}

// Only regions that changed are replaced, and none in which a person is at work.
function place(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const region of fresh.querySelectorAll("[data-region]")) {
    const old = document.querySelector(`#fragment [data-region="${region.dataset.region}"]`);
    if (!old || old.dataset.seen === region.innerHTML || busy(old)) continue;
    for (const open of old.querySelectorAll("details[open]")) {
      const index = [...old.querySelectorAll("details")].indexOf(open);
      region.querySelectorAll("details")[index]?.setAttribute("open", "");
    }
    const focus = old.contains(document.activeElement) ? key(document.activeElement) : null;
    const markup = region.innerHTML;
    old.replaceChildren(...region.childNodes);
    old.dataset.seen = markup;
    if (focus) old.querySelector(focus)?.focus();
  }
  tick();
  sound();
  document.dispatchEvent(new Event("esker:fresh"));
}

function busy(region) {
  return Boolean(region.querySelector("dialog[open]"));
}

function key(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.dataset.open) return `[data-open="${element.dataset.open}"]`;
  return element.dataset.send ? `[data-send="${element.dataset.send}"]` : null;
}

// The server's clock, simulated or not: what the page counts from, advanced by this device.
function tick() {
  for (const time of document.querySelectorAll("time[data-age]")) time.textContent = span(now() - Date.parse(time.dataset.age));
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Date.parse(time.dataset.until) - now();
    time.textContent = left < 0 ? `${span(-left)} late` : `in ${span(left)}`;
  }
  for (const time of document.querySelectorAll("time[data-clock]")) time.textContent = new Date(time.dataset.clock).toLocaleTimeString("en-GB");
}

let offset = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;
export function now() { return Date.now() + offset; }

function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s} s`;
  return s < 5400 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
}

function beat(event) {
  lastBeat = performance.now();
  banner.hidden = true;
  delete body.dataset.unmonitored;
  try {
    const at = Date.parse(JSON.parse(event.data).now ?? JSON.parse(event.data).at);
    if (at) offset = at - Date.now();
  } catch { /* a beat without a time is still a beat */ }
}

function unmonitored() {
  banner.hidden = false;
  body.dataset.unmonitored = "";
}

if (body.dataset.fragment) {
  const events = new EventSource("/live/");
  events.addEventListener("beat", beat);
  for (const kind of ["entry", "readings", "alarms"]) events.addEventListener(kind, refresh);
  setInterval(() => { tick(); if (performance.now() - lastBeat > SILENT_MS) unmonitored(); }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") { unmonitored(); refresh(); }
  });
  tick();
  refresh();
}

const post = (url, form) => fetch(url, { method: "POST", body: form, headers: { "X-CSRFToken": body.dataset.csrf } });
const IDLE_MS = 180000;
let idle;
async function lock() { await post("/lock/"); location.reload(); }
function stir() { clearTimeout(idle); if (!("locked" in body.dataset)) idle = setTimeout(lock, IDLE_MS); }
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, stir);
stir();
document.getElementById("lock")?.addEventListener("click", lock);
document.getElementById("unlock")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await post("/unlock/", new FormData(event.target));
  if (answer.ok) location.reload();
  else event.target.querySelector("[role=status]").textContent = "This password does not fit.";
});
