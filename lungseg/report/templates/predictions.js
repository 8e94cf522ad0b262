"use strict";
// Slices of a scan are tiles of a few pictures, which are decoded only when the scan is opened.
const $ = (id) => document.getElementById(id);
const viewer = $("viewer"), canvas = $("slice");
const opening = [...document.querySelectorAll("tr.opens")];
const FINEST = 900; // pixels of the drawing: outlines stay thin where slices are enlarged
let scan = null; // what is shown
let asked = 0; // the last scan asked for: one that is decoded later is not shown

// Grey of a picture, one byte per pixel.
async function decoded(base64, type) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], {type}), {colorSpaceConversion: "none"});
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [bitmap.width, bitmap.height];
  const context = sheet.getContext("2d", {willReadFrequently: true});
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const colours = context.getImageData(0, 0, sheet.width, sheet.height).data;
  const grey = new Uint8Array(colours.length / 4);
  for (let k = 0; k < grey.length; k++) grey[k] = colours[4 * k];
  return {width: sheet.width, grey};
}

function tile(sheets, k) {
  const {width, height, columns} = scan;
  const sheet = sheets[Math.floor(k / columns ** 2)], place = k % columns ** 2;
  const [top, left] = [Math.floor(place / columns) * height, (place % columns) * width];
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * sheet.width + left;
    pixels.set(sheet.grey.subarray(start, start + width), y * width);
  }
  return pixels;
}

// A picture of the slice's size: red, green, blue and opacity of each pixel.
function picture(pixels, colour) {
  const small = document.createElement("canvas");
  [small.width, small.height] = [scan.width, scan.height];
  const image = new ImageData(scan.width, scan.height);
  pixels.forEach((value, k) => image.data.set(colour(value), 4 * k));
  small.getContext("2d").putImageData(image, 0, 0);
  return small;
}

// The border of a label, half a pixel outside the centres of its pixels (marching squares): for each
// set of corners of a cell, the sides (left, top, right, bottom) that are joined.
const JOINED = ["", "lt", "tr", "lr", "rb", "ltrb", "tb", "lb", "lb", "tb", "trlb", "rb", "lr", "tr", "lt", ""];
function border(labels, label) {
  const {width, height} = scan, path = new Path2D();
  const inside = (y, x) => y >= 0 && x >= 0 && y < height && x < width && labels[y * width + x] === label;
  for (let y = -1; y < height; y++) for (let x = -1; x < width; x++) {
    const sides = JOINED[inside(y, x) + 2 * inside(y, x + 1) + 4 * inside(y + 1, x + 1) + 8 * inside(y + 1, x)];
    if (!sides) continue;
    const place = {l: [x + 0.5, y + 1], t: [x + 1, y + 0.5], r: [x + 1.5, y + 1], b: [x + 1, y + 1.5]};
    [...sides].forEach((side, k) => k % 2 ? path.lineTo(...place[side]) : path.moveTo(...place[side]));
  }
  return path;
}

function draw() {
  if (!scan) return;
  const k = Number($("z").value), level = Number($("level").value), width = Number($("width").value);
  const context = canvas.getContext("2d");
  const scale = FINEST / Math.max(scan.width, scan.height);
  [canvas.width, canvas.height] = [Math.round(scan.width * scale), Math.round(scan.height * scale)];
  const shades = Array.from({length: 256}, (_, grey) => {
    const hu = page.low + grey / 255 * (page.high - page.low);
    const shade = Math.round(255 * Math.min(1, Math.max(0, (hu - level) / width + 0.5)));
    return [shade, shade, shade, 255];
  });
  context.drawImage(picture(tile(scan.sheets.grey, k), (grey) => shades[grey]), 0, 0, canvas.width, canvas.height);
  if (scan.disagreement.length && $("disagreement").checked) {
    // What is nearly 0 is what compression left.
    const hot = picture(tile(scan.sheets.disagreement, k), (value) => [255, 60, 200, value < 10 ? 0 : 40 + value * 0.75]);
    context.drawImage(hot, 0, 0, canvas.width, canvas.height);
  }
  if ($("outline").checked) {
    const labels = tile(scan.sheets.labels, k).map((grey) => Math.round(grey / page.spread));
    context.setTransform(canvas.width / scan.width, 0, 0, canvas.height / scan.height, 0, 0);
    context.lineWidth = 2 / scale;
    for (const [label, colour] of page.colours) {
      context.strokeStyle = `rgb(${colour})`;
      context.stroke(border(labels, label));
    }
  }
  $("z-shown").textContent = scan.z[k];
  $("level-shown").textContent = level + " HU";
  $("width-shown").textContent = width + " HU";
  canvas.setAttribute("aria-label", "slice " + scan.z[k]);
  for (const button of $("windows").children) {
    button.setAttribute("aria-pressed", Number(button.dataset.level) === level && Number(button.dataset.width) === width);
  }
}

function describe(found, row) {
  $("viewer-name").textContent = found.name;
  $("about").replaceChildren(...found.about.flat().map((text, k) => {
    const element = document.createElement(k % 2 ? "dd" : "dt");
    element.textContent = text;
    return element;
  }));
  $("viewer-found").replaceChildren(...[...row.querySelector(".found").childNodes].map((node) => node.cloneNode(true)));
  for (const details of $("viewer-found").querySelectorAll("details")) details.open = true;
  const [shown, matrix] = [found.z.length, found.height + " × " + found.width];
  $("reduced").textContent = `Slice 0 is nearest to the feet. Shown: ${shown} of ${found.slices} slices, ${matrix} of ${found.matrix} pixels.`;
  $("map").hidden = !found.disagreement.length;
}

async function open(place) {
  const row = opening[place], turn = ++asked;
  const found = JSON.parse($("scan-" + row.dataset.scan).textContent);
  describe(found, row);
  $("before").disabled = place === 0;
  $("after").disabled = place === opening.length - 1;
  viewer.dataset.place = place;
  scan = null;
  canvas.width = canvas.width; // blank until decoded
  if (!viewer.open) {
    viewer.showModal();
    $("z").focus();
  }
  try {
    const types = {grey: "image/webp", labels: "image/png", disagreement: "image/webp"};
    const sheets = {};
    for (const [name, type] of Object.entries(types)) {
      sheets[name] = await Promise.all(found[name].map((base64) => decoded(base64, type)));
    }
    if (turn !== asked) return;
    scan = {...found, sheets};
  } catch {
    if (turn === asked) $("reduced").textContent = "The picture of this scan is damaged.";
    return;
  }
  $("z").max = found.z.length - 1;
  $("z").value = middle(scan.sheets.labels);
  draw();
}

// The slice with most lung.
function middle(labels) {
  const lung = scan.z.map((_, k) => tile(labels, k).reduce((sum, grey) => sum + (grey > 0), 0));
  const most = Math.max(...lung);
  return most ? lung.indexOf(most) : Math.floor(lung.length / 2);
}

function step(slices) {
  $("z").value = Number($("z").value) + slices;
  draw();
}

opening.forEach((row, place) => row.addEventListener("click", (event) => {
  if (!event.target.closest("details, a")) open(place);
}));
for (const id of ["z", "level", "width", "outline", "disagreement"]) $(id).addEventListener("input", draw);
for (const button of $("windows").children) button.addEventListener("click", () => {
  [$("level").value, $("width").value] = [button.dataset.level, button.dataset.width];
  draw();
});
$("before").addEventListener("click", () => open(Number(viewer.dataset.place) - 1));
$("after").addEventListener("click", () => open(Number(viewer.dataset.place) + 1));
$("close").addEventListener("click", () => viewer.close());
viewer.addEventListener("close", () => { asked++; scan = null; }); // its pictures are large

const STEPS = {ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1};
viewer.addEventListener("keydown", (event) => {
  if (event.key === "o" && !event.ctrlKey && !event.metaKey) $("outline").click();
  // Sliders have arrow keys of their own.
  if (event.target.type === "range" || !(event.key in STEPS)) return;
  event.preventDefault();
  step(STEPS[event.key]);
});
let turned = 0;
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  turned += event.deltaY * (event.deltaMode ? 20 : 1); // a notch is about 100 pixels or 3 lines
  const slices = Math.trunc(turned / 50);
  turned -= 50 * slices;
  if (slices) step(-Math.sign(slices)); // down, toward the feet
}, {passive: false});
