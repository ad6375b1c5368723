// How each kind of mark is drawn. A drawer receives its SVG group, the panel's scales and the mark's settings,
// creates its elements once, and returns a function that moves them when the numbers change.
import { line, area } from "d3-shape";
import { contours } from "d3-contour";

const SVG = "http://www.w3.org/2000/svg";

export function element(parent, name, attributes = {}) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.appendChild(node);
  return node;
}

const finite = (...values) => values.every(Number.isFinite);
const get = (values, i) => (typeof values === "number" ? values : values[i]);
const size = (values) => (typeof values === "number" ? 1 : values.length);

// Far outside the panel a coordinate is drawn at this distance: SVG breaks on 1e300.
const clampPixel = (pixel) => Math.max(-1e4, Math.min(1e4, pixel));

// Marks that a question covers until its answer is revealed.
export const covered = (settings) => (settings.covered ? " lb-covered" : "");

// A direct label stands beside its mark, inside the panel, and never leaves it.
function labeller(panel, settings) {
  if (!settings.label) return () => {};
  const text = element(panel.labels, "text", { class: `lb-label lb-role-${settings.role}${covered(settings)}` });
  text.textContent = settings.label;
  return (x, y) => {
    if (!finite(x, y)) return text.setAttribute("visibility", "hidden");
    const right = x > panel.width * 0.65;
    text.setAttribute("visibility", "visible");
    text.setAttribute("text-anchor", right ? "end" : "start");
    text.setAttribute("x", Math.max(2, Math.min(panel.width - 2, x + (right ? -5 : 5))).toFixed(1));
    const above = Math.min(panel.height - 4, y - 6);
    text.setAttribute("y", (above < 11 ? Math.max(11, y + 18) : above).toFixed(1));
  };
}

function labelIndex(xs, ys, panel, where) {
  const [low, high] = panel.x.domain();
  let first = -1, last = -1, peak = -1;
  for (let i = 0; i < size(ys); i++) {
    const x = get(xs, i), y = get(ys, i);
    if (!finite(x, y) || x < low || x > high) continue;
    if (first < 0) first = i;
    last = i;
    if (peak < 0 || y > get(ys, peak)) peak = i;
  }
  return { start: first, end: last, peak }[where ?? "peak"];
}

function placeLabel(label, panel, settings, x, y) {
  const at = labelIndex(x, y, panel, settings.label_at);
  if (at < 0) label(NaN, NaN);
  else label(panel.x(get(x, at)), clampPixel(panel.y(get(y, at))));
}

function drawLine(group, panel, settings) {
  const path = element(group, "path", { class: "lb-stroke", "stroke-width": settings.width });
  if (settings.dash) path.setAttribute("stroke-dasharray", "6 4");
  const label = labeller(panel, settings);
  return ({ x, y }) => {
    const shape = line().defined((_, i) => finite(x[i], y[i]))
      .x((_, i) => clampPixel(panel.x(x[i]))).y((_, i) => clampPixel(panel.y(y[i]))).digits(2);
    path.setAttribute("d", (shape(y) ?? "") + (settings.closed ? "Z" : ""));
    placeLabel(label, panel, settings, x, y);
  };
}

let hatches = 0;

function hatchFill(group, settings) {
  const id = `lb-hatch-${hatches++}`;
  const pattern = element(element(group, "defs"), "pattern", {
    id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  });
  element(pattern, "rect", { width: 2, height: 7, class: `lb-fill lb-role-${settings.role}` });
  return `url(#${id})`;
}

function drawArea(group, panel, settings) {
  const path = element(group, "path", settings.hatch
    ? { fill: hatchFill(group, settings) } : { class: "lb-fill", "fill-opacity": 0.25 });
  const label = labeller(panel, settings);
  return ({ x, y, base }) => {
    const shape = area().defined((_, i) => finite(x[i], y[i], base[i])).x((_, i) => clampPixel(panel.x(x[i])))
      .y0((_, i) => clampPixel(panel.y(base[i]))).y1((_, i) => clampPixel(panel.y(y[i]))).digits(2);
    path.setAttribute("d", shape(y) ?? "");
    placeLabel(label, panel, settings, x, y);
  };
}

function drawStems(group, panel, settings) {
  const path = element(group, "path", { class: "lb-stroke", "stroke-width": settings.width });
  const label = labeller(panel, settings);
  return ({ x, y }) => {
    const floor = panel.y(0).toFixed(1);
    let d = "";
    for (let i = 0; i < size(y); i++) {
      if (finite(get(x, i), get(y, i))) {
        d += `M${panel.x(get(x, i)).toFixed(2)} ${floor}V${clampPixel(panel.y(get(y, i))).toFixed(2)}`;
      }
    }
    path.setAttribute("d", d);
    placeLabel(label, panel, settings, x, y);
  };
}

function drawGlyphs(group, panel, settings) {
  const glyphs = settings.text.map((text) => {
    const node = element(group, "text", { class: "lb-glyph lb-fill", "fill-opacity": settings.opacity });
    node.textContent = text;
    return node;
  });
  return ({ x, y }) => glyphs.forEach((node, i) => {
    const seen = finite(get(x, i), get(y, i));
    node.setAttribute("visibility", seen ? "inherit" : "hidden");
    if (!seen) return;
    node.setAttribute("x", clampPixel(panel.x(get(x, i))).toFixed(1));
    node.setAttribute("y", clampPixel(panel.y(get(y, i))).toFixed(1));
  });
}

function drawPoints(group, panel, settings) {
  if (settings.text.length) return drawGlyphs(group, panel, settings);
  const path = element(group, "path", { class: "lb-fill", "fill-opacity": settings.opacity });
  const label = labeller(panel, settings);
  const r = settings.size;
  return ({ x, y }) => {
    let d = "";
    for (let i = 0; i < size(y); i++) {
      if (!finite(get(x, i), get(y, i))) continue;
      const px = clampPixel(panel.x(get(x, i))), py = clampPixel(panel.y(get(y, i)));
      d += `M${(px - r).toFixed(1)} ${py.toFixed(1)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
    }
    path.setAttribute("d", d);
    placeLabel(label, panel, settings, x, y);
  };
}

function drawArrow(group, panel, settings) {
  const shaft = element(group, "path", { class: "lb-stroke", "stroke-width": 2 });
  const head = element(group, "path", { class: "lb-fill" });
  const label = labeller(panel, settings);
  return ({ x0, y0, x1, y1 }) => {
    const [ax, ay, bx, by] = [panel.x(x0), panel.y(y0), panel.x(x1), panel.y(y1)].map(clampPixel);
    const length = Math.hypot(bx - ax, by - ay);
    if (!(length > 0.5)) { shaft.setAttribute("d", ""); head.setAttribute("d", ""); return label(NaN, NaN); }
    const ux = (bx - ax) / length, uy = (by - ay) / length, barb = Math.min(9, length);
    const cx = bx - ux * barb, cy = by - uy * barb, w = barb * 0.45;
    shaft.setAttribute("d", `M${ax} ${ay}L${cx} ${cy}`);
    head.setAttribute("d", `M${bx} ${by}L${cx - uy * w} ${cy + ux * w}L${cx + uy * w} ${cy - ux * w}Z`);
    label(bx, by);
  };
}

function drawRule(group, panel, settings) {
  const path = element(group, "path", { class: "lb-stroke", "stroke-width": 1.5 });
  if (settings.dash) path.setAttribute("stroke-dasharray", "5 4");
  const label = labeller(panel, settings);
  return ({ x, y }) => {
    const pixel = clampPixel(x === undefined ? panel.y(y) : panel.x(x));
    path.setAttribute("d", x === undefined ? `M0 ${pixel}H${panel.width}` : `M${pixel} 0V${panel.height}`);
    if (x === undefined) label(panel.width, pixel);
    else label(pixel, 20);
  };
}

function drawBars(group, panel, settings) {
  const path = element(group, "path", { class: "lb-fill", "fill-opacity": settings.opacity });
  const label = labeller(panel, settings);
  return ({ x, height, width }) => {
    let d = "";
    for (let i = 0; i < size(height); i++) {
      const left = panel.x(get(x, i) - width / 2), right = panel.x(get(x, i) + width / 2);
      const top = clampPixel(panel.y(get(height, i)));
      if (finite(left, top)) d += `M${left.toFixed(1)} ${panel.y(0)}V${top.toFixed(1)}H${right.toFixed(1)}V${panel.y(0)}Z`;
    }
    path.setAttribute("d", d);
    placeLabel(label, panel, settings, x, height);
  };
}

// A raster is a small canvas, one pixel a cell, stretched by CSS to its place behind the SVG.
function raster(panel, settings, shape) {
  const [rows, columns] = shape;
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  canvas.className = `lb-raster lb-${settings.kind}`;
  const [left, right] = settings.x.map((v) => panel.x(v));
  const [bottom, top] = settings.y.map((v) => panel.y(v));
  Object.assign(canvas.style, {
    left: `${panel.left + left}px`, top: `${panel.top + top}px`,
    width: `${right - left}px`, height: `${bottom - top}px`,
  });
  panel.back.appendChild(canvas);
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(columns, rows);
  return (values, [low, high], flip) => {
    const style = getComputedStyle(canvas);
    const from = rgb(style.getPropertyValue("--lb-paper")), to = rgb(style.getPropertyValue(`--lb-${settings.role}`));
    for (let row = 0; row < rows; row++) {
      const source = (flip ? rows - 1 - row : row) * columns;
      for (let column = 0; column < columns; column++) {
        const share = Math.max(0, Math.min(1, (values[source + column] - low) / (high - low))) || 0;
        const at = (row * columns + column) * 4;
        for (let c = 0; c < 3; c++) pixels.data[at + c] = from[c] + share * (to[c] - from[c]);
        pixels.data[at + 3] = 255;
      }
    }
    context.putImageData(pixels, 0, 0);
  };
}

function rgb(hex) {
  const number = parseInt(hex.trim().slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function drawImage(group, panel, settings) {
  const paint = raster(panel, settings, settings.shapes.values);
  return ({ values }) => paint(values, [0, 1], false);
}

function drawHeatMap(group, panel, settings) {
  const [rows, columns] = settings.shapes.values;
  const paint = raster(panel, settings, [rows, columns]);
  const path = element(group, "path", { class: "lb-stroke", "stroke-width": 1, "stroke-opacity": 0.7 });
  const generator = contours().size([columns, rows]).thresholds(settings.levels);
  const px = (c) => panel.x(settings.x[0] + (c / columns) * (settings.x[1] - settings.x[0])).toFixed(1);
  const py = (r) => panel.y(settings.y[0] + (r / rows) * (settings.y[1] - settings.y[0])).toFixed(1);
  // A region that runs off the map is closed along the map's edge: that part is no contour, and is not drawn.
  const onEdge = ([a, b], [c, d]) => (a === c && (a === 0 || a === columns)) || (b === d && (b === 0 || b === rows));
  const ring = (points) => points.map((point, i) =>
    `${i === 0 || onEdge(points[i - 1], point) ? "M" : "L"}${px(point[0])} ${py(point[1])}`).join("");
  return ({ values }) => {
    paint(values, settings.limits, true);
    path.setAttribute("d", settings.levels.length
      ? generator(values).map((level) => level.coordinates.flat().map(ring).join("")).join("") : "");
  };
}

// Remembers where the point has been; a new layout of the panel begins anew, as a reset does.
function drawTrail(group, panel, settings) {
  const path = element(group, "path", { class: "lb-stroke", "stroke-width": 1.2, "stroke-opacity": 0.7 });
  const dots = element(group, "path", { class: "lb-fill lb-trail-dots" });
  const places = [];
  return ({ x, y }) => {
    if (!finite(x, y)) return;
    const last = places.at(-1);
    if (!last || last[0] !== x || last[1] !== y) places.push([x, y]);
    if (places.length > settings.length) places.shift();
    const pixels = places.map((place) => [panel.x(place[0]), panel.y(place[1])].map((p) => clampPixel(p).toFixed(1)));
    path.setAttribute("d", `M${pixels.map((p) => p.join(" ")).join("L")}`);
    dots.setAttribute("d", pixels.map(([px, py]) => `M${px} ${py}m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`).join(""));
  };
}

function drawHandle(group, panel, settings, drag) {
  const circle = element(panel.front, "circle", { class: `lb-handle lb-fill lb-role-${settings.role}${covered(settings)}`, r: 8 });
  const label = labeller(panel, settings);
  const frame = { origin: [0, 0], scale: [1, 1] };
  drag?.(circle, panel, settings, frame);
  return ({ x, y, origin_x = 0, origin_y = 0, scale_x = 1, scale_y = 1 }) => {
    frame.origin = [origin_x, origin_y];
    frame.scale = [scale_x, scale_y];
    // A point outside the panel waits at its edge, where it can still be taken.
    const px = Math.max(0, Math.min(panel.width, panel.x(x))), py = Math.max(0, Math.min(panel.height, panel.y(y)));
    circle.setAttribute("cx", px);
    circle.setAttribute("cy", py);
    label(px + 5, py - 5);
  };
}

export const drawers = {
  line: drawLine, area: drawArea, stems: drawStems, points: drawPoints, arrow: drawArrow, rule: drawRule,
  bars: drawBars, image: drawImage, heatmap: drawHeatMap, handle: drawHandle, trail: drawTrail,
};
