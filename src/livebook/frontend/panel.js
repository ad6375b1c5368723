// One plot: an SVG with thin axes, a canvas layer behind it, and the marks of one panel.
import { axisBottom, axisLeft } from "d3-axis";
import { scaleLinear } from "d3-scale";
import { select } from "d3-selection";
import { covered, drawers, element } from "./marks.js";

// Figures and exercises come in two scripts, each with its own count: the rest keeps their identifiers apart.
const own = Math.random().toString(36).slice(2, 8);
let clips = 0;

// How many characters the longest of about `count` ticks has.
function longest(scale, count) {
  const text = scale.tickFormat(count);
  return Math.max(...scale.ticks(count).map((tick) => text(tick).length));
}

// Room for the longest number at the y axis, and its title beside it.
function margins(spec) {
  const characters = longest(scaleLinear(spec.y.domain, [1, 0]), spec.y.ticks);
  return { left: spec.y.visible ? Math.max(60, 30 + 7.2 * characters) : 8, right: 12, top: 10, bottom: spec.x.visible ? 42 : 8 };
}

// Returns a function that draws the ticks again, for an axis whose interval has changed.
function addAxis(svg, axis, spec, transform, title) {
  const group = element(svg, "g", { class: "lb-axis", transform });
  const ticks = () => select(group).call(axis.ticks(Math.min(spec.ticks, spec.room?.() ?? spec.ticks)).tickSizeOuter(0));
  ticks();
  const text = element(group, "text", { class: "lb-axis-title", ...title });
  text.textContent = spec.title;
  return ticks;
}

function addAxes(svg, spec, panel) {
  const { x, y, width, height } = panel;
  const ticks = [];
  if (spec.x.visible) {
    ticks.push(addAxis(svg, axisBottom(x), { ...spec.x, room: () => Math.floor(width / Math.max(55, 12 + 7.2 * longest(x, spec.x.ticks))) },
      `translate(0,${height})`, { x: width / 2, y: 36, "text-anchor": "middle" }));
  }
  if (spec.y.visible) {
    ticks.push(addAxis(svg, axisLeft(y), spec.y, "", {
      transform: "rotate(-90)", x: -height / 2, y: 13 - panel.left, "text-anchor": "middle",
    }));
  }
  return () => ticks.forEach((draw) => draw());
}

// Draws the frame at the width the container has now; returns what the marks need to draw into.
export function createPanel(container, spec, alternative) {
  container.replaceChildren();
  const outer = container.clientWidth;
  const margin = margins(spec);
  const width = Math.max(40, outer - margin.left - margin.right);
  // A flat panel gets steeper on a narrow screen: below some 200 pixels of height nothing can be read.
  const height = Math.round(Math.max(width * spec.aspect, Math.min(200, width * 0.7)));
  const back = container.appendChild(document.createElement("div"));
  back.className = "lb-back";
  const svg = element(container, "svg", {
    width: outer, height: height + margin.top + margin.bottom, role: "img", "aria-label": alternative,
  });
  const plot = element(svg, "g", { transform: `translate(${margin.left},${margin.top})` });
  const id = `lb-clip-${own}-${clips++}`;
  element(element(element(plot, "defs"), "clipPath", { id }), "rect", { width, height });
  const panel = {
    back, svg, plot, width, height, left: margin.left, top: margin.top, spec,
    x: scaleLinear(spec.x.domain, [0, width]), y: scaleLinear(spec.y.domain, [height, 0]),
  };
  panel.ticks = addAxes(plot, spec, panel);
  panel.middle = element(plot, "g", { "clip-path": `url(#${id})` });
  panel.labels = element(plot, "g");
  panel.front = element(plot, "g");
  return panel;
}

// Gives an axis the interval that a Limits mark computed; true when something changed.
export function setLimits(panel, mark, outputs) {
  let changed = false;
  for (const axis of Object.keys(mark.outputs)) {
    const [low, high] = outputs[mark.outputs[axis]], [from, to] = panel[axis].domain();
    if (!(low < high) || !Number.isFinite(high - low) || (low === from && high === to)) continue;
    panel[axis].domain([low, high]);
    changed = true;
  }
  if (changed) panel.ticks();
  return changed;
}

// Adds one mark to its panel; the returned function redraws it from the program's outputs when they have changed.
export function addMark(panel, mark, drag) {
  const group = element(panel.middle, "g", { class: `lb-mark lb-role-${mark.role}${covered(mark)}` });
  const redraw = drawers[mark.kind](group, panel, mark, drag);
  let before = null;
  return (outputs, force) => {
    const now = Object.entries(mark.outputs).map(([name, index]) => [name, outputs[index]]);
    if (!force && before && now.every(([, values], i) => same(values, before[i][1]))) return;
    before = now;
    redraw(Object.fromEntries(now));
  };
}

function same(a, b) {
  if (typeof a === "number") return Object.is(a, b);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
