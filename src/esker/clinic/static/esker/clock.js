// The server's clock, simulated or not: what the page counts from, advanced by this device.
const { body } = document;
let offset = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;

export function now() { return Date.now() + offset; }

// Each beat and each answer say the server's instant: a simulated day that runs faster or jumps is
// followed there, and no clock is counted from another instant than the numbers beside it.
export function heard(iso) {
  const at = Date.parse(iso);
  if (at) offset = at - Date.now();
}

export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const mm = String(Math.floor(s / 60) % 60).padStart(s < 3600 ? 1 : 2, "0");
  const ss = String(s % 60).padStart(2, "0");
  return s < 3600 ? `${mm}:${ss}` : `${Math.floor(s / 3600)}:${mm}:${ss}`;
}

export function tick() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const text = span(now() - Date.parse(time.dataset.age));
    say(time, "ago" in time.dataset ? `${text} ago` : text);
  }
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Date.parse(time.dataset.until) - now();
    say(time, left < 0 ? `${span(-left)} over` : span(left));
  }
}

function say(time, text) { if (time.textContent !== text) time.textContent = text; }
