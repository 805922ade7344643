// The session so far: one chart, a lane for each vital sign, limits of each phase, dose and events
// marked. Without it the table of charted vitals stands in its place, and nothing else misses it.
const { body } = document;
const place = document.getElementById("plot");
const LANES = [
  { title: "mmHg", share: 0.46, channels: ["sbp", "dbp"] },
  { title: "SpO₂ %", share: 0.19, channels: ["spo2"] },
  { title: "HR /min", share: 0.2, channels: ["hr"] },
  { title: "RR /min", share: 0.15, channels: ["rr"] },
];
const COLOURS = { sbp: "#8fb8ff", dbp: "#8fb8ff", spo2: "#f0cf7a", hr: "#8fd6a8", rr: "#d3a6e8" };
const NAMES = { sbp: "Systolic", dbp: "Diastolic", spo2: "SpO₂", hr: "Heart rate", rr: "Breaths" };
const CHANNELS = LANES.flatMap((lane) => lane.channels);
const EVERY_MS = 4000;
const HEIGHT = 300;
const GAP_S = 400; // a longer silence is a gap in the line, as it was at the bedside

const lines = Object.fromEntries(CHANNELS.map((channel) => [channel, new Map()]));
let frame = { limits: [], marks: [] };
let after = null;
let plot = null;

function unpack({ base, lines: sent }) {
  for (const channel of CHANNELS) {
    let at = base;
    let value = 0;
    sent[channel]?.t.forEach((step, i) => {
      at += step;
      value += sent[channel].v[i];
      lines[channel].set(at, value / 10);
    });
  }
}

// One list of times for all lines, as uPlot wants it.
function columns() {
  const times = [...new Set(CHANNELS.flatMap((channel) => [...lines[channel].keys()]))].sort((a, b) => a - b);
  return [times, ...CHANNELS.map((channel) => times.map((at) => lines[channel].get(at)))];
}

function spread(lane) {
  const inside = frame.limits.filter((limit) => lane.channels.includes(limit.channel));
  const edges = inside.flatMap(({ channel, low, high }) => (channel === "spo2" ? [low, 100] : [low, high]));
  let low = Math.min(...edges, Infinity);
  let high = Math.max(...edges, -Infinity);
  for (const channel of lane.channels) for (const value of lines[channel].values()) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const air = (high - low) * 0.08 || 5;
  return [low - air, high + air];
}

// A scale that puts its lane between `from` and `to` of the whole height, counted from below.
function scale(lane) {
  const below = LANES.slice(LANES.indexOf(lane) + 1).reduce((sum, each) => sum + each.share, 0);
  return { range: () => {
    const [low, high] = spread(lane);
    const unit = (high - low) / lane.share;
    return [low - below * unit, high + (1 - below - lane.share) * unit];
  } };
}

function rounded(low, high, share) {
  const step = [5, 10, 20, 40, 50, 100].find((each) => (high - low) / each <= Math.max(2, share * 12)) ?? 100;
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(at);
  return found;
}

function options() {
  const zone = body.dataset.zone;
  return {
    width: place.clientWidth, height: HEIGHT,
    tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), zone),
    scales: { x: { time: true }, ...Object.fromEntries(LANES.map((lane) => [lane.title, scale(lane)])) },
    padding: [20, 30, 0, 0], // on the right, room for half of the last time, with its seconds
    axes: [{ size: 30, stroke: "#b9c4cf", grid: { stroke: "#2c3742" }, values: [[3600, "{HH}:{mm}"], [60, "{HH}:{mm}"], [1, "{HH}:{mm}:{ss}"]].map(([incr, text]) => [incr, text, null, null, null, null, null, null, 1]) },
      ...LANES.map((lane, i) => ({ scale: lane.title, side: 3, size: i ? 0 : 40, show: !i, values: () => [], grid: { show: false }, ticks: { show: false } }))],
    legend: { show: false },
    series: [{ value: "{HH}:{mm}:{ss}" }, ...CHANNELS.map((channel) => ({
      label: NAMES[channel], scale: LANES.find((lane) => lane.channels.includes(channel)).title, stroke: COLOURS[channel],
      width: 2, points: { show: ["sbp", "dbp"].includes(channel), size: 6, fill: COLOURS[channel] }, spanGaps: true,
      gaps: (u, index, from, to, found) => gaps(u, index),
    }))],
    cursor: { y: false, drag: { x: true, y: false } },
    hooks: { drawClear: [backdrop], draw: [marks] },
  };
}

// Only a real silence breaks a line; between two points of one channel others may lie.
function gaps(u, index) {
  const found = [];
  let last = null;
  u.data[0].forEach((at, i) => {
    if (u.data[index][i] == null) return;
    if (last !== null && at - last > GAP_S) found.push([last, at].map((each) => Math.round(u.valToPos(each, "x", true))));
    last = at;
  });
  return found;
}

// Lanes with their own numbers, and the limits of each phase as dashed lines.
function backdrop(u) {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  let top = bbox.top;
  ctx.save();
  ctx.strokeStyle = "#3a4854";
  ctx.fillStyle = "#b9c4cf";
  ctx.font = `${12 * px}px system-ui`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const lane of LANES) {
    const height = bbox.height * lane.share;
    ctx.strokeRect(bbox.left, top, bbox.width, height);
    const [low, high] = spread(lane);
    for (const at of rounded(low, high, lane.share)) {
      const y = u.valToPos(at, lane.title, true);
      if (y > top + 7 * px && y < top + height - 7 * px) ctx.fillText(String(at), bbox.left - 6 * px, y);
    }
    top += height;
  }
  ctx.textAlign = "left";
  for (const limit of frame.limits) limits(u, limit);
  ctx.restore();
}

function limits(u, { channel, from, until, low, high }) {
  const lane = LANES.find((each) => each.channels.includes(channel));
  if (!lane || u.scales.x.min == null) return;
  const { ctx } = u;
  const left = u.valToPos(Math.max(from ?? -Infinity, u.scales.x.min), "x", true);
  const right = u.valToPos(Math.min(until ?? Infinity, u.scales.x.max), "x", true);
  if (right <= left) return;
  ctx.strokeStyle = `${COLOURS[channel]}99`;
  ctx.setLineDash([3, 5]);
  for (const edge of channel === "spo2" ? [low] : [low, high]) {
    const y = u.valToPos(edge, lane.title, true);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

function marks(u) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  LANES.reduce((top, lane) => {
    const px = devicePixelRatio;
    ctx.fillStyle = "#1a222a";
    ctx.fillRect(bbox.left + 3 * px, top + 2 * px, ctx.measureText(lane.title).width + 6 * px, 14 * px);
    ctx.fillStyle = "#b9c4cf";
    ctx.fillText(lane.title, bbox.left + 6 * px, top + 3 * px);
    return top + bbox.height * lane.share;
  }, bbox.top);
  let end = -Infinity;
  for (const { at, kind, text } of frame.marks) {
    const x = u.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = kind === "dose" ? "#ffffff" : "#ff9d94";
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const words = `${kind === "dose" ? "▼" : "■"} ${text.split(/[.:(]/)[0]}`;
    if (x < end) continue; // the event list has them all; here they must not overlap
    const { width } = ctx.measureText(words);
    const left = Math.min(x - 4 * devicePixelRatio, ctx.canvas.width - width);
    ctx.fillText(words, left, bbox.top - 15 * devicePixelRatio);
    end = left + width + 12 * devicePixelRatio;
  }
  ctx.restore();
}

function draw() {
  const data = columns();
  if (!window.uPlot || !data[0].length) return;
  if (plot) plot.setData(data);
  else {
    plot = new window.uPlot(options(), data, place);
    place.closest("figure").classList.add("drawn");
    place.closest("figure").querySelector("details")?.removeAttribute("open");
  }
}

async function load() {
  const answer = await fetch(body.dataset.chart + (after ? `?after=${encodeURIComponent(after)}` : ""), { signal: AbortSignal.timeout(8000) });
  if (!answer.ok || answer.redirected) return;
  const sent = await answer.json();
  frame = { limits: sent.limits, marks: sent.marks };
  after = sent.after ?? after;
  unpack(sent);
  draw();
}

async function go() {
  if (document.visibilityState === "visible") await load().catch(() => {}); // the table stands
  setTimeout(go, EVERY_MS);
}
addEventListener("resize", () => plot?.setSize({ width: place.clientWidth, height: HEIGHT }));
go();
