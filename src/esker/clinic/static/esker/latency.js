// How long an alarm took from the reading to this screen, measured and shown beside it.
const known = new Map(); // alarm id -> milliseconds
let met = false; // what already sounded when this page came says nothing about it

document.addEventListener("esker:alarms", ({ detail }) => {
  const { session } = document.body.dataset;
  const listed = JSON.parse(detail.data)[session] ?? [];
  const onServer = (alarm) => Date.parse(alarm.sent_wall) - Date.parse(alarm.received_wall);
  for (const alarm of listed) {
    if (known.has(alarm.id) || !alarm.received_wall) continue;
    known.set(alarm.id, null);
    if (!met) continue;
    document.addEventListener("esker:placed", () => {
      known.set(alarm.id, onServer(alarm) + performance.now() - detail.at);
      show();
    }, { once: true });
  }
  met = true;
});

function show() {
  for (const place of document.querySelectorAll("[data-latency]")) {
    const ms = known.get(place.dataset.latency);
    if (ms) place.textContent = `, on screen ${(ms / 1000).toFixed(1)} s after the reading`;
  }
}
document.addEventListener("esker:placed", show);
