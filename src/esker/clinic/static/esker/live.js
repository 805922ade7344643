// Keeps the page true: server events wake it, fragments bring the regions that changed, and a page
// that has lost its server says so. Nothing here depends on the chart.
import { sound } from "./alarm.js";
import { heard, tick } from "./clock.js";
import "./latency.js";

const SILENT_MS = 8000; // beats come every 3 s; the promise is 10 s
const GLANCE_MS = 1000;
const { body } = document;
const banner = document.getElementById("unmonitored");
const mine = body.dataset.session;
const glance = body.dataset.glance ?? "";
const LOST = banner.textContent;
body.dataset.followed = ""; // the style sheet says NOT MONITORED where nobody writes this
let lastBeat = performance.now();
let wanted = null; // what the next load brings: "" for all regions, else their names
let loading = false;
let lastLoad = 0;

export async function refresh(regions = "") {
  wanted = wanted === null || regions === "" ? regions : wanted;
  if (loading) return;
  loading = true;
  while (wanted !== null) {
    const ask = wanted;
    wanted = null;
    await load(ask).catch(() => {}); // the banner tells; the next event tries again
    if (ask && wanted) await new Promise((done) => setTimeout(done, GLANCE_MS));
  }
  loading = false;
}

async function load(regions) {
  const url = body.dataset.fragment + (regions ? `?regions=${regions}` : "");
  const answer = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(SILENT_MS) });
  if (answer.redirected) { location.reload(); return; }
  if (!answer.ok) return;
  const html = await answer.text();
  heard(answer.headers.get("X-Esker-Now"));
  place(html);
  lastLoad = performance.now();
}

// Only regions that changed are replaced, and none in which a person is at work.
function place(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const region of fresh.querySelectorAll("[data-region]")) {
    const old = document.querySelector(`[data-region="${region.dataset.region}"]`);
    const markup = region.innerHTML;
    if (!old || old.dataset.seen === markup || old.querySelector("dialog[open]")) continue;
    replace(old, region);
    seen.set(old, markup);
  }
  tick();
  sound();
  document.dispatchEvent(new Event("esker:placed"));
}

const seen = new WeakMap();
function replace(old, region) {
  if (seen.get(old) === region.innerHTML) return;
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  const at = old.contains(document.activeElement) && document.activeElement !== old ? document.activeElement : null;
  const find = at && again(old, at);
  old.replaceChildren(...region.cloneNode(true).childNodes);
  old.querySelectorAll("details").forEach((each, index) => { if (index in open) each.open = open[index]; });
  if (at) focus(find() ?? old);
}

// How what had focus is found in what was drawn anew. What somebody types goes along with its form.
function again(old, at) {
  if (at.matches("input, select") && key(at.form)) {
    return () => {
      const fresh = old.querySelector(key(at.form));
      fresh?.replaceWith(at.form);
      return fresh && at;
    };
  }
  if (key(at)) return () => old.querySelector(key(at));
  const nameless = "summary, [tabindex]"; // a button without a name is not guessed: Enter would press another
  const place = [...old.querySelectorAll(nameless)].indexOf(at);
  return () => old.querySelectorAll(nameless)[place];
}

// To the region itself where the thing is gone: the next Tab goes on from there, not from the top.
function focus(element) {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus();
}

function key(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  // All that it has: Acknowledge and Pause name the same alarm, and Enter must not press the other.
  const names = ["data-open", "data-send", "data-kind", "data-alarm-id", "href", "action", "popovertargetaction"].filter((name) => element.getAttribute(name));
  return names.map((name) => `[${name}="${CSS.escape(element.getAttribute(name))}"]`).join("") || null;
}

function beat(event) {
  lastBeat = performance.now();
  banner.hidden = true;
  banner.textContent = LOST;
  delete body.dataset.unmonitored;
  try { heard(JSON.parse(event.data).now); } catch { /* a beat without a time is still a beat */ }
  if (performance.now() - lastLoad > 2500) refresh(glance); // a silence is no event, and ages all the same
}

function unmonitored() {
  banner.hidden = false;
  body.dataset.unmonitored = "";
}

// Which event concerns this page: readings of any chair on the floor, of one's own at a chair.
function listen(events) {
  let readings = "";
  events.addEventListener("beat", beat);
  events.addEventListener("loop", (event) => {
    const { well, sentence } = JSON.parse(event.data);
    if (well) return; // the next beat takes the words away
    banner.textContent = `NOT MONITORED: ${sentence}`;
    unmonitored();
  });
  events.addEventListener("screen", () => location.reload()); // locked or left from elsewhere
  events.addEventListener("entry", () => refresh());
  events.addEventListener("alarms", (event) => {
    document.dispatchEvent(new CustomEvent("esker:alarms", { detail: { data: event.data, at: performance.now() } }));
    refresh(glance);
  });
  events.addEventListener("readings", (event) => {
    const all = JSON.parse(event.data);
    const text = mine ? JSON.stringify(all[mine] ?? all) : event.data;
    if (text === readings) return;
    readings = text;
    refresh(glance);
  });
}

if (body.dataset.fragment) {
  listen(new EventSource("/live/"));
  setInterval(() => { tick(); if (performance.now() - lastBeat > SILENT_MS) unmonitored(); }, 500);
  // A page that comes back shows stale before anything else: only a beat takes it away.
  const back = () => { if (document.visibilityState === "visible") { unmonitored(); refresh(); } };
  document.addEventListener("visibilitychange", back);
  addEventListener("pageshow", (event) => { if (event.persisted) back(); });
  tick();
  sound();
}
