"use strict";

// ---- numbers --------------------------------------------------------------------------------

const MINUS = "\u2212";

function signed(text) {
  return text.replace(/-/g, MINUS);
}

/** Up to four digits, with a power of ten where it saves zeros. */
function number(value) {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) {
    return signed(value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e"));
  }
  const text = String(parseFloat(value.toPrecision(4)));
  return signed(size >= 1e4 ? Math.round(value).toLocaleString("en") : text);
}

// ---- charts ---------------------------------------------------------------------------------

const COLOURS = 7;
const DASHES = [[], [7, 4], [2, 3]]; // from the eighth curve on, colours return with dashes
const charts = [];

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function pairs(flat) {
  const points = [];
  for (let i = 0; i < flat.length; i += 2) {
    points.push({ x: flat[i], y: flat[i + 1] });
  }
  return points;
}

/** The last of the points that has a value and is not behind the step. */
function upTo(points, step) {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x <= step) low = middle + 1; else high = middle;
  }
  while (low > 0 && points[low - 1].y === null) low--;
  return low > 0 ? points[low - 1] : null;
}

function datasets(curves) {
  const sets = [];
  curves.forEach((curve, i) => {
    const colour = style("--c" + (i % COLOURS));
    const dash = DASHES[Math.floor(i / COLOURS) % DASHES.length];
    const common = { colour, curve: i, borderDash: dash, spanGaps: false, pointHitRadius: 0 };
    const few = curve.points.length < 400;
    sets.push({
      ...common,
      data: curve.points,
      borderColor: curve.trend ? colour + (curve.points.length > 800 ? "38" : "60") : colour,
      borderWidth: curve.trend ? 1 : 1.6,
      pointRadius: curve.dots ? 3 : (few ? lonely : 0),
      pointBackgroundColor: colour,
      pointBorderWidth: 0,
      order: 1,
    });
    if (curve.trend) {
      sets.push({
        ...common, data: curve.trend, borderColor: colour, borderWidth: 2, pointRadius: 0, order: 0,
      });
    }
  });
  return sets;
}

/** A value between two gaps has no line to be seen by. */
function lonely(context) {
  const points = context.dataset.data;
  const i = context.dataIndex;
  const gap = (at) => !points[at] || points[at].y === null;
  return gap(i - 1) && gap(i + 1) ? 2.5 : 0;
}

/** Powers of ten, and what lies between where there are few of them. */
function logarithmicTicks(axis) {
  const low = Math.log10(axis.min);
  const high = Math.log10(axis.max);
  const every = Math.max(1, Math.ceil((high - low) / 6));
  const between = high - low > 3.5 ? [1] : high - low > 0.8 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const ticks = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const digit of power % every === 0 ? between : []) {
      // 1e-3 is the double nearest to a thousandth, 10 ** -3 need not be
      const value = Number(digit + "e" + power);
      if (value >= axis.min && value <= axis.max) ticks.push({ value });
    }
  }
  axis.ticks = ticks;
}

/**
 * From the lowest to the highest value that is drawn, with some air, but not beyond zero for air. On a
 * logarithmic scale the lowest one in a hundred may fall out below: near zero a few values would
 * otherwise squeeze all others into a band.
 */
function heights(curves, logarithmic) {
  const values = [];
  for (const curve of curves) {
    for (const { y } of curve.points) {
      if (y !== null && !(logarithmic && y <= 0)) values.push(y);
    }
  }
  values.sort((a, b) => a - b);
  if (values.length === 0) return logarithmic ? [0.1, 10] : [0, 1];
  const high = values[values.length - 1];
  if (logarithmic) {
    const low = Math.max(values[0], values[Math.floor(values.length / 100)] / 10);
    const air = Math.max(1.05, (high / low) ** 0.04);
    return [low / air, high * air];
  }
  const low = values[0];
  const air = 0.04 * (high - low) || 0.05 * Math.abs(high) || 1;
  return [low >= 0 && low < air ? 0 : low - air, high <= 0 && high > -air ? 0 : high + air];
}

function scales(logarithmic, range, curves) {
  const [min, max] = heights(curves, logarithmic);
  const ticks = { color: style("--quiet"), font: { size: 12 } };
  const grid = { color: style("--grid"), drawTicks: false };
  const border = { color: style("--line") };
  return {
    x: {
      type: "linear", min: range[0], max: range[1], grid, border,
      title: { display: true, text: "step", color: style("--quiet"), font: { size: 12 } },
      ticks: {
        ...ticks, maxRotation: 0, autoSkipPadding: 24, precision: 0, padding: 6, includeBounds: false,
        callback: (value) => value.toLocaleString("en"),
      },
    },
    y: logarithmic
      ? {
          type: "logarithmic", min, max, grid, border, afterBuildTicks: logarithmicTicks,
          ticks: { ...ticks, padding: 8, callback: number, autoSkip: false },
        }
      : {
          type: "linear", min, max, grid, border,
          ticks: { ...ticks, padding: 8, maxTicksLimit: 8, includeBounds: false, callback: number },
        },
  };
}

const cursor = {
  id: "cursor",
  afterDatasetsDraw(chart) {
    if (chart.cursorStep === undefined) return;
    const x = chart.scales.x.getPixelForValue(chart.cursorStep);
    const { top, bottom } = chart.chartArea;
    const context = chart.ctx;
    context.save();
    context.strokeStyle = style("--quiet");
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.restore();
  },
};

/** Shows the values at a step in every chart, or at none, where it says how each curve ended. */
function point(step) {
  for (const shown of charts) {
    const within = step !== undefined && step >= shown.range[0] && step <= shown.range[1];
    shown.chart.cursorStep = within ? step : undefined;
    shown.chart.draw();
    shown.step.textContent = within ? "step " + step.toLocaleString("en") : "";
    shown.curves.forEach((curve, i) => {
      const at = upTo(curve.points, within ? step : Infinity);
      shown.values[i].textContent = at ? number(at.y) : "";
    });
  }
}

function key(shown, curve, i) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "key";
  button.title = "show or hide";
  const dash = DASHES[Math.floor(i / COLOURS) % DASHES.length].join(" ");
  button.innerHTML = `<svg width="18" height="8"><line x1="0" x2="18" y1="4" y2="4" stroke-width="3" style="stroke: var(--c${i % COLOURS})" stroke-dasharray="${dash}"/></svg>`;
  const name = document.createElement("span");
  name.textContent = curve.name;
  const value = document.createElement("b");
  button.append(name, value);
  button.onclick = () => {
    const off = button.classList.toggle("off");
    shown.chart.data.datasets.forEach((set, j) => {
      if (set.curve === i) shown.chart.setDatasetVisibility(j, !off);
    });
    shown.chart.options.scales = scales(shown.log, shown.range, shown.visible());
    shown.chart.update();
  };
  shown.values.push(value);
  return button;
}

function stepsOf(curves) {
  let first = Infinity;
  let last = -Infinity;
  for (const curve of curves) {
    if (curve.points.length > 0) {
      first = Math.min(first, curve.points[0].x);
      last = Math.max(last, curve.points[curve.points.length - 1].x);
    }
  }
  return first < last ? [first, last] : [first - 1, first + 1];
}

function build(figure, described, all) {
  const curves = described.curves.map((name) => all[name]);
  if (curves.length === 0) {
    figure.querySelector(".legend").remove();
    figure.querySelector(".plot").remove();
    return;
  }
  const canvas = figure.querySelector("canvas");
  const shown = { curves, range: stepsOf(curves), values: [], log: described.log };
  shown.visible = () =>
    curves.filter((curve, i) => !shown.values[i].parentElement.classList.contains("off"));
  const legend = figure.querySelector(".legend");
  curves.forEach((curve, i) => legend.append(key(shown, curve, i)));
  shown.step = document.createElement("span");
  shown.step.className = "step";
  const scale = document.createElement("button");
  scale.type = "button";
  scale.className = "scale";
  scale.title = "change the scale";
  scale.textContent = shown.log ? "log" : "linear";
  scale.onclick = () => {
    shown.log = !shown.log;
    scale.textContent = shown.log ? "log" : "linear";
    shown.chart.options.scales = scales(shown.log, shown.range, shown.visible());
    shown.chart.update();
  };
  legend.append(shown.step, scale);
  shown.chart = new Chart(canvas, {
    type: "line",
    data: { datasets: datasets(curves) },
    plugins: [cursor],
    options: {
      animation: false, parsing: false, normalized: true, maintainAspectRatio: false, events: [],
      plugins: { legend: { display: false }, tooltip: { enabled: false } },
      elements: { line: { borderJoinStyle: "round" } },
      scales: scales(shown.log, shown.range, shown.visible()),
    },
  });
  canvas.onpointermove = (event) => {
    const step = shown.chart.scales.x.getValueForPixel(event.offsetX);
    point(Math.min(shown.range[1], Math.max(shown.range[0], Math.round(step))));
  };
  canvas.onpointerleave = () => point(undefined);
  charts.push(shown);
}

function recolour() {
  for (const shown of charts) {
    const visible = shown.chart.data.datasets.map((set, i) => shown.chart.isDatasetVisible(i));
    shown.chart.data.datasets = datasets(shown.curves);
    visible.forEach((is, i) => shown.chart.setDatasetVisibility(i, is));
    shown.chart.options.scales = scales(shown.log, shown.range, shown.visible());
    shown.chart.update();
  }
}

const data = document.getElementById("data");
if (data) {
  const { curves, charts: described } = JSON.parse(data.textContent);
  for (const curve of Object.values(curves)) {
    curve.points = pairs(curve.points);
    if (curve.trend) curve.trend = pairs(curve.trend);
  }
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  document.querySelectorAll("figure").forEach((figure, i) => build(figure, described[i], curves));
  point(undefined);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
}

// ---- the command ----------------------------------------------------------------------------

const copy = document.querySelector(".command button");
if (navigator.clipboard) {
  copy.hidden = false;
  copy.onclick = async () => {
    await navigator.clipboard.writeText(document.querySelector(".command code").textContent);
    copy.textContent = "copied";
  };
}
