// The alarm's sound, made on the device. A browser gives no sound before a first touch, so the
// sound test at the start of a shift is also what switches it on.
let context = null;
const PATTERN = { high: [660, 3], medium: [520, 2], low: [420, 1] };
const RANK = { low: 1, medium: 2, high: 3 };

function play([hertz, times]) {
  if (!context || context.state !== "running") return;
  for (let n = 0; n < times; n += 1) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const at = context.currentTime + n * 0.28;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.3, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.22);
  }
}

// Who hears an alarm is worked out on the server for this person; what it has not told yet sounds.
const quiet = new Set(); // "session alarm" for which others are called first
document.addEventListener("esker:alarms", ({ detail }) => {
  for (const [session, alarms] of Object.entries(JSON.parse(detail.data))) {
    for (const alarm of alarms) quiet[alarm.heard ? "delete" : "add"](`${session} ${alarm.id}`);
  }
});

export function sound() {
  const names = [...document.querySelectorAll('[data-status="sounding"]')]
    .filter((a) => !quiet.has(a.dataset.of)).map((a) => a.dataset.priority);
  const worst = names.sort((a, b) => (RANK[b] ?? 0) - (RANK[a] ?? 0))[0];
  if (PATTERN[worst]) play(PATTERN[worst]);
}

const button = document.getElementById("sound");
button?.addEventListener("click", async () => {
  context ??= new AudioContext();
  await context.resume();
  play(PATTERN.medium);
  watch();
  button.setAttribute("aria-pressed", "true");
  button.textContent = "Alarm sound on";
});

// The clinic knows which chairs some audible screen watches; a chair that none does is an alarm.
function watch() {
  const { csrf } = document.body.dataset;
  const shown = [...document.querySelectorAll("[data-chair]")].map((seat) => seat.dataset.chair);
  if (!shown.length) return;
  const audible = context?.state === "running" && document.visibilityState === "visible";
  fetch("/live/watch", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify({ chairs: shown, audible }),
  }).catch(() => {});
}
watch();
setInterval(watch, 10000);
setInterval(sound, 5000);
