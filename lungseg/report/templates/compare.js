// Tables are sorted, and plots drawn from `found`, in the browser: the page needs nothing else.
const $ = (id) => document.getElementById(id);
const config = {responsive: true, displaylogo: false, modeBarButtonsToRemove: ["sendDataToCloud", "toImage"]};
const many = 12; // with more settings a legend says less than a label under the pointer
const several = found.groups.length > 1;
const size = (name) => found.settings.filter((one) => one.group === name).length;
let group = found.groups.reduce((best, name) => size(name) > size(best) ? name : best);

function layout(more) {
  return Object.assign({height: 440, margin: {l: 70, r: 20, t: 20, b: 50}, plot_bgcolor: "white", paper_bgcolor: "white", hovermode: "closest", hoverlabel: {namelength: -1, align: "left"}, font: {family: "system-ui, sans-serif", size: 13}}, more);
}
const axis = (title, more) => Object.assign({title: {text: title}, gridcolor: "#eee", zeroline: false, automargin: true}, more);
const fixed = (value, key) => value === null || value === undefined ? "-" : value.toFixed(found.decimals[key] ?? 4);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const settings = () => found.settings.filter((one) => one.group === group);
const runs = () => settings().flatMap((one) => one.runs.map((k) => found.runs[k]));
const named = (one) => (several ? one.group + ": " : "") + one.name;
const escape = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;");

const cut = (text, most = 40) => text.length > most ? text.slice(0, most - 1).replace(/[ ,]+$/, "") + "…" : text;
const brief = (one) => escape(cut(one.name));
// A name in full, on as many lines as it needs.
const full = (text) => escape(text).replace(/(.{60,90}?,) /g, "$1<br>");

function options(select, pairs, chosen) {
  if (!select) return;
  select.replaceChildren(...pairs.map(([value, text]) => {
    const option = new Option(cut(text), value, false, String(value) === String(chosen));
    option.title = text;
    return option;
  }));
}
const number = (run, set, key) => (run.numbers[set] || {})[key] || [null, null, null, null];

// Sorting. Blanks stay below, whichever way.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.querySelectorAll("th")];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const one of heads) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const value = (row) => row.cells[column].dataset.value;
    const rows = [...table.tBodies[0].rows];
    const numeric = rows.every((row) => value(row) === "" || !isNaN(Number(value(row))));
    rows.sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const order = numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", {numeric: true});
      return falling ? -order : order;
    });
    table.tBodies[0].append(...rows);
  }));
}

// Learning curves, of all groups: what they have in common shows, and nothing is ranked.
function drawCurves() {
  const [metric, set, chosen] = [$("curve-metric").value, $("curve-set").value, $("curve-setting").value];
  const column = set + "/" + metric;
  const traces = [], dashes = found.settings.some((one) => one.dash !== "solid");
  let last = 0;
  found.settings.forEach((one, place) => {
    const faded = chosen !== "" && Number(chosen) !== place;
    one.runs.map((k) => found.runs[k]).filter((run) => run.history && run.history[column]).forEach((run, k) => {
      last = Math.max(last, run.history.epoch.at(-1) + 1);
      traces.push({x: run.history.epoch.map((epoch) => epoch + 1), y: run.history[column], connectgaps: true, type: "scatter", mode: run.history.epoch.length > 30 ? "lines" : "lines+markers", name: escape(cut(named(one))), legendgroup: place, legendrank: place, showlegend: k === 0, opacity: faded ? 0.15 : 1, zorder: faded ? 0 : 1, line: {color: faded ? "#999" : one.colour, width: !faded && chosen !== "" ? 2.6 : 1.6, dash: dashes ? one.dash : ["solid", "dot", "dash", "dashdot"][k % 4]}, marker: {size: 4}, hovertemplate: "<b>" + full(named(one)) + "</b><br>run " + escape(run.name) + ", seed " + run.seed + "<br>epoch %{x}: %{y:.4f}<extra></extra>"});
    });
  });
  if (found.bar) traces.push({x: [null], y: [null], type: "scatter", mode: "markers", zorder: 2, showlegend: false, hoverinfo: "skip", marker: {color: [found.bar.low], cmin: found.bar.low, cmax: found.bar.high, colorscale: found.scale, showscale: true, colorbar: {title: {text: escape(cut(found.bar.name, 24))}, thickness: 14, ...ticks(found.bar.low, found.bar.high, found.bar.log)}}});
  const legend = !found.bar && found.settings.length <= many;
  const longest = Math.max(...found.settings.map((one) => cut(named(one)).length));
  const rows = legend ? Math.ceil(found.settings.length / Math.max(1, Math.floor(($("curves-plot").clientWidth - 90) / (60 + 8 * longest)))) : 0;
  const below = 60 + 24 * rows, plot = 370; // the legend begins below the title of the axis
  Plotly.react("curves-plot", traces, layout({height: 20 + plot + below, margin: {l: 70, r: 20, t: 20, b: below}, showlegend: legend, legend: {orientation: "h", y: -52 / plot, yanchor: "top", x: 0}, xaxis: axis("", Object.assign({title: {text: "epoch", standoff: 4}, automargin: false}, last <= 12 ? {dtick: 1} : {tickformat: "d"})), yaxis: axis(found.curves[metric] + ", " + set)}), config);
  const notes = [];
  if (!legend) notes.push("Point at a line for its setting.");
  if (found.settings.some((one) => one.runs.length > 1)) notes.push(dashes ? "Repeats of a setting look alike." : "Repeats of a setting have its colour and other dashes.");
  if (found.runs.some((run) => run.thinned)) notes.push("Of long trainings only some epochs are drawn.");
  if (several && set !== "train") notes.push("Groups were evaluated on different cases: their heights do not compare.");
  $("curves-note").textContent = notes.join(" ");
}

// A number by which a model that predicts nothing does well needs a word.
function excellent(plot, key) {
  $(plot).parentNode.querySelector(`.excellent:has(+ #${plot})`).hidden = key !== "share_excellent";
}

// The part of an axis to show: all values, and of bars about them no more than `most` beyond these, or one wide bar would hide how the others differ.
function extent(values, ends, most) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [Math.max(Math.min(low, ...ends), low - most), Math.min(Math.max(high, ...ends), high + most)];
  const room = 0.05 * (last - first);
  return {range: [first - room, last + room], cut: ends.some((end) => end < first || end > last)};
}

// Headline numbers.
function drawDots() {
  const [key, set] = [$("dots-key").value, $("dots-set").value];
  excellent("dots-plot", key);
  const shown = settings();
  if (shown.length > many) { // then in order of their values
    const worth = (one) => mean(one.runs.map((k) => number(found.runs[k], set, key)[0]).filter((value) => value !== null));
    shown.sort((one, other) => (isNaN(worth(one)) - isNaN(worth(other))) || worth(other) - worth(one));
  }
  const traces = shown.map((one, row) => {
    const repeats = one.runs.map((k) => found.runs[k]);
    const step = Math.min(0.22, 0.7 / repeats.length);
    const values = repeats.map((run) => number(run, set, key));
    const ends = (k, sign) => values.map((value) => value[k] === null ? 0 : sign * (value[k] - value[0]));
    return {x: values.map((value) => value[0]), y: repeats.map((_, k) => row + (k - (repeats.length - 1) / 2) * step), type: "scatter", mode: "markers", name: one.name, showlegend: false, marker: {color: one.colour, size: 8, line: {color: "white", width: 1}}, error_x: {type: "data", symmetric: false, array: ends(2, 1), arrayminus: ends(1, -1), color: one.colour, thickness: 1.3, width: 0}, customdata: repeats.map((run, k) => [escape(run.name), run.seed, values[k][1] === null ? "no interval" : fixed(values[k][1], key) + " to " + fixed(values[k][2], key), values[k][3], fixed(values[k][0], key)]), hovertemplate: "<b>" + full(one.name) + "</b><br>run %{customdata[0]}, seed %{customdata[1]}<br>%{customdata[4]} (%{customdata[2]}), n = %{customdata[3]}<extra></extra>"};
  });
  const repeated = shown.map((one, row) => [one, row]).filter(([one]) => one.runs.length > 1);
  const means = repeated.map(([one]) => one.runs.map((k) => number(found.runs[k], set, key)[0]).filter((value) => value !== null));
  traces.push({x: means.map((values) => values.length ? mean(values) : null), y: repeated.map(([, row]) => row), type: "scatter", mode: "markers+text", text: repeated.map(([one], k) => means[k].length < one.runs.length && means[k].length ? "mean of " + means[k].length + " of " + one.runs.length : ""), textposition: "middle right", showlegend: false, marker: {symbol: "diamond-open", size: 13, color: "#1b1f24", line: {width: 2}}, customdata: repeated.map(([one], k) => [full(one.name), means[k].length + " of " + one.runs.length, means[k].length ? fixed(mean(means[k]), key) : "-", means[k].length ? fixed(Math.min(...means[k]), key) + " to " + fixed(Math.max(...means[k]), key) : "-"]), hovertemplate: "<b>%{customdata[0]}</b><br>mean of %{customdata[1]} runs: %{customdata[2]}<br>runs from %{customdata[3]}<extra></extra>"});
  const ticks = {tickvals: shown.map((_, row) => row), ticktext: shown.map((one) => brief(one) + (one.runs.every((k) => number(found.runs[k], set, key)[0] === null) ? " (undefined)" : "")), range: [shown.length - 0.4, -0.6], automargin: true, tickfont: {size: shown.length > 40 ? 10 : 12}};
  const all = shown.flatMap((one) => one.runs.map((k) => number(found.runs[k], set, key))).filter((value) => value[0] !== null);
  const bars = all.filter((value) => value[1] !== null), widths = bars.map((value) => value[2] - value[1]).sort((a, b) => a - b);
  const values = all.map((value) => value[0]), usual = widths[Math.floor((widths.length - 1) / 2)] ?? 0;
  const part = extent(values, bars.flatMap((value) => value.slice(1, 3)), 2 * usual + (Math.max(...values) - Math.min(...values)));
  $("dots-note").textContent = part.cut ? "Some bars go on beyond the plot: point at a dot for its interval." : "";
  const shownRange = part.range[0] < part.range[1] ? {range: part.range} : {};
  Plotly.react("dots-plot", traces, layout({height: 110 + shown.length * (shown.length > 40 ? 16 : 30), xaxis: axis(found.numbers[key] + ", " + set, {side: "top", ...shownRange}), yaxis: axis("", ticks), margin: {l: 90, r: 20, t: 60, b: 20}}), config);
}

// Two settings.
function byCase(setting, metric) {
  const rows = setting.runs.map((k) => found.runs[k].cases[metric]);
  return rows[0].map((_, k) => rows.some((row) => row[k] === null) ? null : mean(rows.map((row) => row[k])));
}
function sentence(a, b, metric) {
  if (a === b) return "The same setting twice: choose another.";
  const pair = found.pairs.find((one) => (one.a === a && one.b === b) || (one.a === b && one.b === a));
  if (metric !== found.metric) return "Tested by " + found.metrics[found.metric] + " only; metric=" + metric + " compares by this.";
  if (!pair) return "This pair was not tested: see above what each setting is compared with.";
  return pair.sentence;
}
function drawTwo() {
  $("two-part").hidden = settings().length < 2;
  if (settings().length < 2) return;
  const [a, b, metric] = [Number($("two-a").value), Number($("two-b").value), $("two-metric").value];
  const [one, other] = [found.settings[a], found.settings[b]];
  $("verdict").textContent = sentence(a, b, metric);
  const [first, second] = [byCase(one, metric), byCase(other, metric)];
  const order = found.cases[group].map((name, k) => ({name, a: first[k], b: second[k]})).filter((row) => row.a !== null && row.b !== null);
  if (order.length > 15) order.sort((x, y) => (x.b - x.a) - (y.b - y.a));
  const names = order.map((row) => row.name);
  const key = found.headlines[metric];
  const traces = order.map((row) => ({x: [row.name, row.name], y: [row.a, row.b], type: "scatter", mode: "lines", line: {color: "#bbb", width: 1.5}, showlegend: false, hoverinfo: "skip"}));
  for (const [setting, part, symbol] of [[one, "a", "circle-open"], [other, "b", "circle"]]) {
    traces.push({x: names, y: order.map((row) => row[part]), type: "scatter", mode: "markers", name: brief(setting), marker: {color: setting.colour, size: 10, symbol, line: {width: 2, color: setting.colour}}, customdata: order.map((row) => fixed(row[part], key)), hovertemplate: "<b>%{x}</b><br>" + full(setting.name) + ": %{customdata}<extra></extra>"});
  }
  const gaps = order.map((row) => row.b - row.a);
  traces.push({x: names, y: gaps, type: "bar", xaxis: "x2", yaxis: "y2", showlegend: false, width: 0.4, marker: {color: gaps.map((gap) => gap === 0 ? "#999" : (gap > 0) === found.better[metric] ? "#009E73" : "#D55E00")}, customdata: gaps.map((gap) => (gap > 0 ? "+" : "") + fixed(gap, key)), hovertemplate: "<b>%{x}</b><br>difference %{customdata}<extra></extra>"});
  const shapes = [], pair = metric === found.metric && found.pairs.find((p) => (p.a === a && p.b === b) || (p.a === b && p.b === a));
  if (pair && pair.ci) {
    const [low, high] = pair.a === a ? pair.ci : [-pair.ci[1], -pair.ci[0]];
    shapes.push({type: "rect", xref: "x2 domain", yref: "y2", x0: 0, x1: 1, y0: low, y1: high, fillcolor: "#0072b2", opacity: 0.13, line: {width: 0}});
  }
  if (gaps.length) shapes.push({type: "line", xref: "x2 domain", yref: "y2", x0: 0, x1: 1, y0: mean(gaps), y1: mean(gaps), line: {color: "#0072b2", width: 2, dash: "dash"}});
  const reach = extent([0, ...gaps], pair && pair.ci ? [shapes[0].y0, shapes[0].y1] : [], 1.5 * (Math.max(0, ...gaps) - Math.min(0, ...gaps)));
  const labels = {type: "category", showticklabels: names.length <= 40, categoryorder: "array", categoryarray: names, range: [-0.6, names.length - 0.4]};
  const note = "difference, judged less the other" + (shapes.length > 1 ? " (dashed: mean; band: its 95 % interval" + (reach.cut ? ", which goes on beyond the plot)" : ")") : " (dashed: mean)");
  Plotly.react("two-plot", traces, layout({height: 620, shapes, showlegend: true, legend: {orientation: "h", y: 1.08}, xaxis: axis("", {...labels, domain: [0, 1], anchor: "y", showticklabels: false}), yaxis: axis(found.metrics[metric], {domain: [0.48, 1]}), xaxis2: axis("", {...labels, anchor: "y2"}), yaxis2: axis("difference", {domain: [0, 0.36], ...(reach.range[0] < reach.range[1] ? {range: reach.range} : {}), zeroline: true, zerolinecolor: "#666"}), annotations: [{text: note, showarrow: false, xref: "paper", yref: "paper", x: 0, y: 0.38, yanchor: "bottom", xanchor: "left", font: {size: 12, color: "#667"}}]}), config);
}

// Choices, and what follows from each.
function choices() {
  for (const id of ["dots", "surface"]) {
    options($(id + "-key"), Object.entries(found.numbers), found.headline);
    options($(id + "-set"), found.sets.filter((set) => runs().some((run) => run.numbers[set])).map((set) => [set, set]), found.set);
  }
  const axes = found.keys.filter((key) => new Set(runs().map((run) => run.values[key]).filter((value) => typeof value === "number")).size > 1).map((key) => [key, key]);
  const preferred = ["loss.alpha", "loss.beta"].every((key) => axes.some(([name]) => name === key)) ? ["loss.alpha", "loss.beta"] : axes.map(([key]) => key);
  options($("surface-x"), axes, preferred[0]);
  options($("surface-y"), axes, preferred[1]);
  const places = found.settings.map((one, k) => [k, one.name]).filter(([k]) => found.settings[k].group === group);
  const inside = found.pairs.filter((one) => found.settings[one.a].group === group);
  const pair = inside.find((one) => one.ci) ?? inside[0];
  options($("two-a"), places, pair ? pair.a : places[0][0]);
  options($("two-b"), places, pair ? pair.b : places[places.length - 1][0]);
  options($("two-metric"), Object.entries(found.metrics), found.metric);
}
// A row of the pairs shows them case by case.
function show(row) {
  const [a, b] = [Number(row.dataset.a), Number(row.dataset.b)];
  if (found.settings[a].group !== group) {
    $("group").value = found.settings[a].group;
    $("group").dispatchEvent(new Event("change"));
  }
  $("two-a").value = a;
  $("two-b").value = b;
  $("two-metric").value = found.metric;
  later(drawTwo);
  $("two").scrollIntoView();
}
for (const row of document.querySelectorAll("#pair-table tbody tr")) {
  row.addEventListener("click", () => show(row));
  row.addEventListener("keydown", (event) => { if (event.key === "Enter") show(row); });
}
// A table wider than the window says so.
function hints() {
  for (const box of document.querySelectorAll(".scroll")) {
    const hidden = box.scrollWidth - box.clientWidth - box.scrollLeft > 2;
    box.classList.toggle("more", hidden);
    box.previousElementSibling.classList.toggle("shown", box.scrollWidth > box.clientWidth + 2);
  }
}
for (const box of document.querySelectorAll(".scroll")) box.addEventListener("scroll", hints);
window.addEventListener("resize", hints);
hints();
function draw() {
  for (const part of [drawDots, drawSurface, drawTwo, drawParallel]) part();
}
for (const [ids, part] of [[["curve-metric", "curve-set", "curve-setting"], drawCurves], [["dots-key", "dots-set"], drawDots], [["surface-key", "surface-set", "surface-x", "surface-y"], drawSurface], [["two-a", "two-b", "two-metric"], drawTwo]])
  for (const id of ids) if ($(id)) $(id).addEventListener("change", () => later(part));
if ($("group")) $("group").addEventListener("change", () => { group = $("group").value; choices(); later(draw); });
const curves = ["test", "val", "train"].filter((set) => found.runs.some((run) => run.history && run.history[set + "/loss"]));
options($("curve-metric"), Object.entries(found.curves), "dsc");
options($("curve-set"), curves.map((set) => [set, set]), curves[0]);
options($("curve-setting"), [["", "all settings"], ...found.settings.map((one, place) => [place, named(one)])], "");
options($("group"), [...$("group")?.options ?? []].map((one) => [one.value, one.text]), group);
choices();
plotly.then(() => {
  draw();
  drawCurves();
});
