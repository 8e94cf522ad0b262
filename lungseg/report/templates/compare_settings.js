// Results against settings: parallel coordinates, and the surface over two of them.
const numeric = (values) => values.every((value) => typeof value === "number");
// On a logarithmic axis where values lie more evenly on it than on a plain one.
function isLog(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, middle, high] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (low <= 0 || high / low < 50) return false;
  const off = (scale) => Math.abs((scale(middle) - scale(low)) / (scale(high) - scale(low)) - 0.5);
  return off(Math.log) < off((value) => value);
}
const tidy = (value) => Number(value.toPrecision(4)).toString();
// Places on an axis from low to high (logarithms, on a logarithmic one) with their labels.
function ticks(low, high, log, whole = false) { // whole: from a tick to a tick
  const rough = (high - low) / 5 || 1, power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((k) => k >= rough);
  if (log) step = high - low < 2 ? step : Math.max(1, Math.round(step));
  const tickvals = [];
  const [first, last] = whole ? [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)] : [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  for (let k = first; k <= last; k++) tickvals.push(k * step);
  return {tickvals, ticktext: tickvals.map((value) => log ? Number((10 ** value).toPrecision(2)).toString() : tidy(value))};
}
function inWords(value) {
  if (value === null) return "none";
  if (typeof value === "number") return tidy(value);
  return Array.isArray(value) ? value.map(inWords).join(" ") : String(value);
}
function dimension(label, values, blank, each) {
  const known = values.filter((value) => value !== null);
  if (!numeric(known) || !known.length) {
    const words = values.map(inWords), shown = [...new Set(words)].sort((a, b) => (a === "none") - (b === "none") || a.localeCompare(b, "en", {numeric: true}));
    return {label, values: words.map((text) => shown.indexOf(text)), tickvals: shown.map((_, k) => k), ticktext: shown.map((text) => cut(text, 24))};
  }
  const log = isLog(known), scale = log ? Math.log10 : (value) => value;
  const distinct = [...new Set(known)].sort((a, b) => a - b);
  const ends = [scale(distinct[0]), scale(distinct.at(-1))];
  const marks = each && distinct.length <= 8 ? {tickvals: distinct.map(scale), ticktext: distinct.map(tidy)} : ticks(...ends, log, true);
  const [low, high] = [Math.min(ends[0], marks.tickvals[0]), Math.max(ends[1], marks.tickvals.at(-1))];
  const made = {label, ...marks, ...(low < high ? {range: [low, high]} : {})};
  // Runs that have none pass below all numbers, at a place of their own.
  const gap = 0.15 * (high - low || Math.abs(low) || 1);
  if (known.length < values.length) Object.assign(made, {range: [low - gap, high], tickvals: [low - gap, ...made.tickvals], ticktext: [blank, ...made.ticktext]});
  made.values = values.map((value) => value === null ? low - gap : scale(value));
  return made;
}
// Lines by a number; those that have none are grey.
function colours(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return {color: "#999"};
  const [low, high] = [Math.min(...known), Math.max(...known)], span = high - low || 1e-6;
  const scale = found.higher ? found.scale : found.scale.map(([place, colour]) => [1 - place, colour]).reverse();
  const colorbar = {title: {text: found.set + "<br>" + found.brief[found.headline]}, thickness: 14};
  if (known.length === values.length) return {color: values, colorscale: scale, showscale: true, colorbar};
  const share = 0.1, bottom = low - span * share / (1 - share), made = ticks(low, high, false);
  return {color: values.map((value) => value ?? bottom), cmin: bottom, cmax: high, showscale: true, colorscale: [[0, "#bbb"], [share * 0.6, "#bbb"], ...scale.map(([place, colour]) => [share + place * (1 - share), colour])], colorbar: {...colorbar, tickvals: [bottom, ...made.tickvals], ticktext: ["undefined", ...made.ticktext]}};
}
function drawParallel() {
  if (!$("parallel-plot")) return;
  const shown = runs(); // of one run or two there is nothing to see
  $("parallel-part").hidden = shown.length < 3;
  if (shown.length < 3) return;
  const sets = found.sets.filter((set) => shown.some((run) => run.numbers[set]));
  const dimensions = found.keys.filter((key) => new Set(shown.map((run) => JSON.stringify(run.values[key] ?? null))).size > 1).map((key) => dimension(cut(found.short[key], 24), shown.map((run) => run.values[key] ?? null), "none", true));
  if (new Set(shown.map((run) => run.seed)).size > 1) dimensions.push(dimension("seed", shown.map((run) => run.seed), "none", true));
  for (const set of [...sets].reverse()) for (const key of new Set([found.headline, "dsc_mean_nonempty", "hd95_mm_mean"])) {
    const values = shown.map((run) => number(run, set, key)[0]);
    if (values.some((value) => value !== null)) dimensions.push(dimension(set + " " + found.brief[key], values, "undefined", false));
  }
  const colour = shown.map((run) => number(run, found.set, found.headline)[0]);
  $("parallel-note").textContent = dimensions.some((one) => (one.ticktext || []).includes("none")) ? "Runs in which a setting does not occur pass its axis at “none”." : "";
  Plotly.react("parallel-plot", [{type: "parcoords", line: colours(colour), dimensions, labelangle: dimensions.length > 7 ? -20 : 0, labelfont: {size: 12}, tickfont: {size: 11}, rangefont: {size: 1, color: "rgba(0,0,0,0)"}}], layout({height: 440, margin: {l: 80, r: 80, t: dimensions.length > 7 ? 90 : 60, b: 30}}), config);
}

// Values on a grid between points, from all of them by the inverse cube of their distance.
function between(points, logs) {
  const steps = 40;
  const scales = logs.map((log) => log ? Math.log10 : (value) => value);
  const places = ["x", "y"].map((name, k) => points.map((point) => scales[k](point[name])));
  const grids = places.map((values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return Array.from({length: steps}, (_, k) => low + (high - low) * k / (steps - 1));
  });
  const spans = grids.map((grid) => grid.at(-1) - grid[0]);
  const z = grids[1].map((y) => grids[0].map((x) => {
    let [sum, weights] = [0, 0];
    points.forEach((point, k) => {
      const weight = (((places[0][k] - x) / spans[0]) ** 2 + ((places[1][k] - y) / spans[1]) ** 2 + 1e-4) ** -1.5;
      sum += weight * point.z;
      weights += weight;
    });
    return sum / weights;
  }));
  const [x, y] = grids.map((grid, k) => logs[k] ? grid.map((value) => 10 ** value) : grid);
  return {x, y, z};
}

// Response surface: means over runs with equal values of both settings.
function drawSurface() {
  if (!$("surface-plot")) return;
  const [key, set, xKey, yKey] = ["surface-key", "surface-set", "surface-x", "surface-y"].map((id) => $(id).value);
  excellent("surface-plot", key);
  const points = new Map();
  for (const run of runs()) {
    const [x, y, value] = [run.values[xKey], run.values[yKey], number(run, set, key)[0]];
    if (typeof x !== "number" || typeof y !== "number") continue;
    const place = x + "|" + y;
    if (!points.has(place)) points.set(place, {x, y, values: []});
    if (value !== null) points.get(place).values.push(value);
  }
  const all = [...points.values()].filter((point) => point.values.length).map((point) => ({...point, z: mean(point.values)}));
  const [xs, ys] = ["x", "y"].map((name) => [...new Set([...points.values()].map((point) => point[name]))].sort((a, b) => a - b));
  const grid = xs.length > 1 && ys.length > 1 && points.size === xs.length * ys.length;
  const bar = {title: {text: found.brief[key]}, thickness: 14};
  const reversescale = key.includes("_mm_");
  const words = (point) => [escape(found.short[xKey]) + " " + tidy(point.x) + ", " + escape(found.short[yKey]) + " " + tidy(point.y), fixed(point.z, key), point.values.length];
  const hovertemplate = "<b>%{customdata[0]}</b><br>%{customdata[1]}, mean of %{customdata[2]} run(s)<extra></extra>";
  const traces = [];
  let axes = [axis(xKey), axis(yKey)];
  if (grid && xs.length <= 12 && ys.length <= 12) {
    const at = (x, y) => all.find((point) => point.x === x && point.y === y) ?? {x, y, z: null, values: []};
    traces.push({type: "heatmap", x: xs.map(tidy), y: ys.map(tidy), z: ys.map((y) => xs.map((x) => at(x, y).z)), text: ys.map((y) => xs.map((x) => fixed(at(x, y).z, key))), texttemplate: "%{text}", customdata: ys.map((y) => xs.map((x) => words(at(x, y)))), hovertemplate, colorscale: "Cividis", reversescale, colorbar: bar, xgap: 2, ygap: 2});
    axes = [axis(xKey, {type: "category", showgrid: false}), axis(yKey, {type: "category", showgrid: false})];
    $("surface-note").textContent = "Each cell is a setting that was run; where more than these two settings differ, or the seed does, it is their mean." + (all.length < points.size ? " Where the number is undefined the cell is blank." : "");
  } else {
    const z = all.map((point) => point.z);
    const logs = [xs, ys].map((values) => values.length > 1 && isLog(values));
    if (all.length >= 6 && xs.length > 2 && ys.length > 2) traces.push({type: "heatmap", ...between(all, logs), zmin: Math.min(...z), zmax: Math.max(...z), zsmooth: "best", colorscale: "Cividis", reversescale, opacity: 0.5, showscale: false, hoverinfo: "skip"});
    traces.push({type: "scatter", mode: "markers", x: all.map((point) => point.x), y: all.map((point) => point.y), marker: {size: 11, color: z, colorscale: "Cividis", reversescale, colorbar: bar, line: {color: "#fff", width: 1}}, customdata: all.map(words), hovertemplate});
    axes = [xKey, yKey].map((name, k) => axis(name, logs[k] ? {type: "log"} : {}));
    $("surface-note").textContent = "Only the points were run. Between them the colour is a mean of all points weighted by nearness, whatever else differs between them: a help to the eye, no prediction.";
  }
  Plotly.react("surface-plot", traces, layout({height: 480, xaxis: axes[0], yaxis: axes[1]}), config);
}
