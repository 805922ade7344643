// The prediction under the chart. It asks for itself, and nothing else on the page waits for it:
// when this script or the forecast fails, a sentence or nothing stands here.
const section = document.getElementById("forecast");
const EVERY_MS = 3000;
const DRAWN_MIN = 60; // ahead of now at least, and until nine in ten are likely clear
const AHEAD_MIN = [0, 15, 30, 60, 120, 180];
const HEIGHT = 150;
const ON = { line: "#9cc7ff", fill: "#9cc7ff40" };
const OFF = { line: "#f5cf6b", fill: "#f5cf6b1f" };
const PAST = { line: "#b9c4cf", fill: "#b9c4cf33" };
const READ = { delta_sbp_mmhg: "sbp_mmhg", cadss: "cadss" };
const plots = new Map();
let shown = "";
let answer = null;

const say = (name, text) => { section.querySelector(`[data-say="${name}"]`).textContent = text; };
const clock = (ms) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.zone }).format(ms);
const at = (minutes) => Date.parse(answer.first_dose_at) + minutes * 60000;

async function ask() {
  if (document.visibilityState !== "visible") return;
  try {
    const found = await fetch(section.dataset.url, { credentials: "same-origin" });
    if (found.ok && !found.redirected) await take(await found.text());
  } catch { gone(); }
}

function gone() {
  answer = null;
  shown = "";
  section.dataset.state = "none";
  section.querySelector(".predicted").hidden = true;
  say("sentence", "The prediction cannot be reached at the moment.");
}

async function take(text) {
  if (text === shown) return;
  shown = text;
  const found = JSON.parse(text);
  section.dataset.state = found.state;
  say("sentence", found.sentence);
  section.querySelector(".predicted").hidden = found.state !== "shown";
  answer = found.state === "shown" ? found : null;
  if (answer) write();
}

function write() {
  const more = JSON.stringify(answer.goes_on.bands) !== JSON.stringify(answer.stops.bands);
  for (const each of section.querySelectorAll("[data-stops]")) each.hidden = !more;
  const [outside, assumed, notes] = sorted(answer.notes);
  const warning = section.querySelector('[data-say="outside"]');
  warning.hidden = !outside.length;
  warning.textContent = outside.length ? `▲ Outside the studied range. ${outside.map((note) => note.replace("Extrapolated: ", "")).join(" ")}` : "";
  say("assumed", assumed.join(" "));
  say("goes_on", interval(answer.goes_on.clear_min));
  say("stops", interval(answer.stops.clear_min));
  say("source", `Made ${clock(Date.parse(answer.made_at))}. Model ${answer.model}. ${answer.source} ${notes.join(" ")} Entry ${answer.entry}.`);
  rows(more);
  say("used", used());
  for (const place of section.querySelectorAll("[data-plot]")) draw(place, more);
}

// What is outside the studied range, what is taken for granted of this patient, and the rest.
function sorted(all) {
  const starts = [["Extrapolated"], ["Assumes", "Reckoned"]].map((words) => all.filter((note) => words.some((word) => note.startsWith(word))));
  return [...starts, all.filter((note) => !starts.flat().includes(note))];
}

function interval([low, middle, high]) {
  if (low === null) return "later than four hours from now";
  const now = Date.parse(answer.made_at);
  const time = (minutes) => (minutes === null ? "later" : at(minutes) <= now ? "now" : clock(at(minutes)));
  if (high !== null && at(high) <= now) return "by now";
  return `between ${time(low)} and ${time(high)}; half of such patients by ${time(middle)}`;
}

function rows(more) {
  const start = answer.goes_on.bands.cadss.minutes[0];
  const line = (scenario, ahead) => ["concentration_ng_ml", "delta_sbp_mmhg", "cadss"].map((name) => {
    const band = answer[scenario].bands[name];
    const k = band.minutes.findIndex((minute) => minute >= start + ahead - 1e-6);
    const digits = name === "concentration_ng_ml" ? 0 : 1;
    return `${band.p50[k].toFixed(digits)} (${band.p5[k].toFixed(digits)} to ${band.p95[k].toFixed(digits)})`;
  });
  const last = answer.goes_on.bands.cadss.minutes.at(-1);
  const body = AHEAD_MIN.filter((ahead) => start + ahead <= last).flatMap((ahead) => {
    const time = clock(at(start + ahead));
    const own = [[time, ...line("goes_on", ahead)]];
    return more && ahead ? [...own, [`${time}, stopped`, ...line("stops", ahead)]] : own;
  });
  section.querySelector("[data-rows]").replaceChildren(...body.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  }));
}

const readings = (name) => answer?.used.filter((one) => one.sign === READ[name]) ?? [];

function used() {
  if (!answer.used.length) return "No reading has been used yet.";
  const text = ({ at_min, sign, value }) => `${clock(at(at_min))} ${sign === "cadss" ? `CADSS ${value}` : `${value < 0 ? "" : "+"}${value} mmHg`}`;
  return `Read and used: ${answer.used.map(text).join("; ")}.`;
}

// One list of times for all bands, as uPlot wants it; a band has nothing outside its own times.
function columns(name, scenarios) {
  const bands = scenarios.map((scenario) => answer[scenario].bands[name]);
  const minutes = [...new Set(bands.flatMap((band) => band.minutes))].sort((a, b) => a - b);
  return [minutes.map((minute) => at(minute) / 1000), ...bands.flatMap((band) => {
    const place = new Map(band.minutes.map((minute, i) => [minute, i]));
    return ["p95", "p50", "p5"].map((level) => minutes.map((minute) => (place.has(minute) ? band[level][place.get(minute)] : null)));
  })];
}

function draw(place, more) {
  if (!window.uPlot || !place.clientWidth) return;
  const scenarios = more ? ["so_far", "stops", "goes_on"] : ["so_far", "goes_on"];
  const data = columns(place.dataset.plot, scenarios);
  const old = plots.get(place);
  if (old?.more === more && old.plot.width === place.clientWidth) { old.plot.setData(data); return; }
  old?.plot.destroy();
  plots.set(place, { more, plot: new window.uPlot(options(place, scenarios), data, place) });
}

function options(place, scenarios) {
  const looks = { so_far: PAST, goes_on: ON, stops: OFF };
  return {
    width: place.clientWidth, height: HEIGHT, padding: [8, 18, 0, 0], legend: { show: false }, cursor: { show: false },
    tzDate: (time) => window.uPlot.tzDate(new Date(time * 1000), document.body.dataset.zone),
    scales: { x: { range: (u, low, high) => [low, Math.min(high, drawnUntil())] }, y: { range: (u, low, high) => heights(place.dataset.plot, high) } },
    axes: [
      { size: 26, stroke: "#b9c4cf", grid: { stroke: "#2c3742" }, values: [[3600, "{HH}:{mm}"], [60, "{HH}:{mm}"]].map(([step, text]) => [step, text, null, null, null, null, null, null, 1]) },
      { size: 38, stroke: "#b9c4cf", grid: { stroke: "#2c3742" } },
    ],
    series: [{}, ...scenarios.flatMap((name) => [0, 2, 0].map((width) => ({ stroke: looks[name].line, width, dash: name === "stops" ? [6, 4] : [], points: { show: false }, spanGaps: true })))],
    bands: scenarios.map((name, i) => ({ series: [3 * i + 1, 3 * i + 3], fill: looks[name].fill })),
    hooks: { draw: [nowLine, (u) => dots(u, place.dataset.plot)] },
  };
}

function heights(name, high) {
  const values = readings(name).map((one) => one.value);
  const low = Math.min(0, ...values);
  return [low < 0 ? low * 1.2 : 0, Math.max(high, 1, ...values) * 1.05];
}

function drawnUntil() {
  const clear = answer?.goes_on.clear_min[2] ?? Infinity;
  return answer ? Math.max(Date.parse(answer.made_at) / 1000 + DRAWN_MIN * 60, at(clear + 15) / 1000) : Infinity;
}

function nowLine(u) {
  if (!answer) return;
  const x = Math.round(u.valToPos(Date.parse(answer.made_at) / 1000, "x", true));
  u.ctx.save();
  u.ctx.strokeStyle = "#ffffff";
  u.ctx.setLineDash([2, 3]);
  u.ctx.beginPath();
  u.ctx.moveTo(x, u.bbox.top);
  u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
  u.ctx.stroke();
  u.ctx.restore();
}

function dots(u, name) {
  u.ctx.save();
  u.ctx.fillStyle = "#ffffff";
  for (const one of readings(name)) {
    u.ctx.beginPath();
    u.ctx.arc(u.valToPos(at(one.at_min) / 1000, "x", true), u.valToPos(one.value, "y", true), 3.5 * devicePixelRatio, 0, 2 * Math.PI);
    u.ctx.fill();
  }
  u.ctx.restore();
}

addEventListener("resize", () => { if (answer) write(); });
document.addEventListener("visibilitychange", ask);
setInterval(ask, EVERY_MS);
ask();
