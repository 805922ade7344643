// The session so far as one chart. When this script fails, the table below it still stands.
const COLOURS = { sbp: "#8fb8ff", dbp: "#6a93d8", hr: "#8fd6a8", spo2: "#f0cf7a", rr: "#d3a6e8" };
const place = document.getElementById("plot");
let plot = null;

function draw() {
  const text = document.querySelector(".series-data")?.dataset.series;
  if (!text || !window.uPlot) return;
  const { lines, marks, limits } = JSON.parse(text);
  const names = Object.keys(lines);
  if (!names.length) return;
  const times = [...new Set(names.flatMap((name) => lines[name].map(([at]) => at)))].sort((a, b) => a - b);
  const data = [times, ...names.map((name) => {
    const known = new Map(lines[name]);
    return times.map((at) => known.get(at) ?? null);
  })];
  const series = names.map((name) => ({ label: name.toUpperCase(), stroke: COLOURS[name] ?? "#ccc", spanGaps: true, width: 2 }));
  plot?.destroy();
  plot = new window.uPlot({
    width: place.clientWidth, height: 240, series: [{}, ...series],
    axes: [{ stroke: "#b9c4cf", grid: { stroke: "#2c3742" } }, { stroke: "#b9c4cf", grid: { stroke: "#2c3742" } }],
    hooks: { draw: [(u) => { lineUp(u, marks); bounds(u, limits, names); }] },
  }, data, place);
}

function lineUp(u, marks) {
  u.ctx.strokeStyle = "#ffffff";
  for (const { at } of marks) stroke(u, u.valToPos(at, "x", true), u.bbox.top, null);
}

function bounds(u, limits, names) {
  for (const name of names) {
    u.ctx.strokeStyle = COLOURS[name] ?? "#ccc";
    for (const edge of [limits[name]?.low, limits[name]?.high]) {
      if (edge !== null && edge !== undefined) stroke(u, u.bbox.left, u.valToPos(Number(edge), "y", true), u.bbox.width);
    }
  }
}

function stroke(u, x, y, width) {
  u.ctx.save();
  u.ctx.setLineDash([4, 6]);
  u.ctx.beginPath();
  u.ctx.moveTo(x, y);
  u.ctx.lineTo(width === null ? x : x + width, width === null ? y + u.bbox.height : y);
  u.ctx.stroke();
  u.ctx.restore();
}

document.addEventListener("esker:fresh", draw);
addEventListener("resize", draw);
draw();
