// How long an alarm took from the reading to this screen, measured and shown beside it. The delay
// that the protocol gives a condition is told apart: it is a rule's, not the system's.
const known = new Map(); // alarm id -> [milliseconds in all, of these the protocol's delay]
let met = false; // what already sounded when this page came says nothing about it

document.addEventListener("esker:alarms", ({ detail }) => {
  const { session } = document.body.dataset;
  const listed = JSON.parse(detail.data)[session] ?? [];
  const after = (instant, alarm) => Date.parse(instant) - Date.parse(alarm.received_wall);
  for (const alarm of listed) {
    if (known.has(alarm.id) || !alarm.received_wall) continue;
    known.set(alarm.id, null);
    if (!met) continue;
    document.addEventListener("esker:placed", () => {
      const all = after(alarm.sent_wall, alarm) + performance.now() - detail.at;
      known.set(alarm.id, [all, Math.max(0, after(alarm.raised_wall, alarm))]);
      show();
    }, { once: true });
  }
  met = true;
});

function seconds(ms) { return (ms / 1000).toFixed(1); }

function show() {
  for (const place of document.querySelectorAll("[data-latency]")) {
    const [ms, delay] = known.get(place.dataset.latency) ?? [];
    if (!ms) continue;
    const rule = delay >= 50 ? `, ${seconds(delay)} s of it the protocol's delay` : "";
    place.textContent = `, on screen ${seconds(ms)} s after the reading${rule}`;
  }
}
document.addEventListener("esker:placed", show);
