// The controls of a figure: native inputs with visible labels, one a parameter.
import { formatNumber } from "./format.js";
import { make } from "./make.js";
import { numbersControl } from "./numbers.js";

let ids = 0;

function title(control) {
  const parts = [];
  if (control.symbol) parts.push(make("i", { class: `lb-symbol lb-text-${control.role}` }, control.symbol));
  if (control.label) parts.push(`${control.symbol ? " " : ""}${control.label}`);
  return parts;
}

export const spoken = (control) => control.symbol || control.label || control.name;

export function shown(control, value) {
  if (control.kind === "choice") return control.options[value];
  if (control.kind === "pixels") return "a drawing";
  if (control.kind === "numbers") return `${value.length} numbers`;
  return formatNumber(value, control.digits) + (control.unit ? ` ${control.unit}` : "");
}

function slider(control, store) {
  const id = `lb-control-${ids++}`;
  const value = make("span", { class: "lb-value" });
  const input = make("input", {
    type: "range", id, name: control.name, min: control.low, max: control.high, step: control.step,
    class: `lb-accent-${control.role}`,
  });
  input.addEventListener("input", () => store.set(control.name, input.valueAsNumber));
  input.addEventListener("change", () => store.settle(control.name));
  const node = make("div", { class: "lb-control" }, make("label", { for: id }, ...title(control)), value, input);
  return [node, (now) => {
    // An action may set a value between two steps: the thumb shows the nearest, the label the exact one.
    if (input.valueAsNumber !== now) input.value = now;
    value.textContent = shown(control, now);
    input.setAttribute("aria-valuetext", value.textContent);
  }];
}

function choice(control, store) {
  const id = `lb-control-${ids++}`;
  const options = control.options.map((text, index) => make("option", { value: String(index) }, text));
  const input = make("select", { id, name: control.name }, ...options);
  input.addEventListener("change", () => {
    store.set(control.name, Number(input.value));
    store.settle(control.name);
  });
  return [make("div", { class: "lb-control" }, make("label", { for: id }, ...title(control)), input),
    (now) => { input.value = String(now); }];
}

// A drawing is a grid of checkboxes, so that it works by keyboard; a pressed pointer paints as it passes.
function pixels(control, store) {
  const boxes = control.start.map((_, i) => make("input", {
    type: "checkbox", name: `${control.name}_${i}`,
    "aria-label": `row ${Math.floor(i / control.columns) + 1}, column ${(i % control.columns) + 1}`,
  }));
  const grid = make("div", {
    class: "lb-pixels", role: "group", "aria-label": control.label || control.name,
    style: `grid-template-columns:repeat(${control.columns},1fr)`,
  }, ...boxes);
  let painting = null;
  const read = () => store.set(control.name, boxes.map((box) => (box.checked ? 1 : 0)));
  const paint = (box) => { if (box.checked !== painting) { box.checked = painting; read(); } };
  const boxAt = (event) => boxes.find((box) => box === document.elementFromPoint(event.clientX, event.clientY))
    ?? boxes.find((box) => box === event.target);
  grid.addEventListener("pointerdown", (event) => {
    const box = boxAt(event);
    if (!box) return;
    painting = !box.checked;
    paint(box);
    event.preventDefault();
  });
  grid.addEventListener("pointermove", (event) => {
    if (painting === null || !event.buttons) return;
    const box = boxAt(event);
    if (box) paint(box);
  });
  // The pointer has painted already: keep the click that follows from turning the cell back.
  grid.addEventListener("click", (event) => { if (event.detail > 0) event.preventDefault(); });
  const stop = () => { if (painting !== null) { painting = null; store.settle(control.name); } };
  grid.addEventListener("pointerup", stop);
  grid.addEventListener("pointerleave", stop);
  grid.addEventListener("change", () => { read(); store.settle(control.name); });
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -control.columns, ArrowDown: control.columns }[event.key];
    const at = boxes.indexOf(event.target);
    if (step === undefined || !boxes[at + step]) return;
    boxes[at + step].focus();
    event.preventDefault();
  });
  const clear = make("button", { type: "button", class: "lb-button" }, "Clear");
  clear.addEventListener("click", () => {
    store.set(control.name, control.start.map(() => 0));
    store.settle(control.name);
  });
  return [make("div", { class: "lb-control lb-drawing" }, make("span", { class: "lb-title" }, ...title(control)), grid, clear),
    (now) => boxes.forEach((box, i) => { box.checked = now[i] > 0.5; })];
}

const numbers = (control, store) => numbersControl(control, store, title(control), `lb-control-${ids++}`);

const kinds = { slider, choice, pixels, numbers };

// What the program receives for a value: numbers are followed by NaN in the places that are free.
export function toProgram(control, value) {
  if (control.kind !== "numbers") return value;
  return Float64Array.from({ length: control.capacity }, (_, i) => (i < value.length ? value[i] : NaN));
}

// Returns [node, update(value)] for one control.
export function createControl(control, store) {
  return kinds[control.kind](control, store);
}
