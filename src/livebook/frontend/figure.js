// Brings one figure to life: readouts above, panels, controls in a row below; recomputes on every change.
import { createControl, shown, spoken, toProgram } from "./controls.js";
import { dragger } from "./drag.js";
import { formatNumber } from "./format.js";
import { createGuess } from "./guess.js";
import { make } from "./make.js";
import { addMark, createPanel, setLimits } from "./panel.js";

// The parameters live here; Jupyter passes a store backed by the widget's model instead.
export function plainStore(controls) {
  const values = new Map(controls.map((control) => [control.name, control.start]));
  const watchers = new Set();
  return {
    get: (name) => values.get(name),
    set(name, value) {
      values.set(name, value);
      for (const watcher of watchers) watcher(name);
    },
    settle() {},
    watch: (watcher) => watchers.add(watcher),
  };
}

// `covers(name)` tells whether a question still hides that readout.
function createReadouts(marks, covers) {
  const row = make("div", { class: "lb-readouts" });
  const updates = marks.filter((mark) => mark.kind === "readout").map((mark) => {
    const output = make("output", { name: mark.name, class: `lb-text-${mark.role}` });
    row.append(make("div", { class: "lb-readout" }, make("span", { class: "lb-readout-label" }, mark.label), output));
    return (outputs) => {
      const value = outputs[mark.outputs.value];
      const number = covers(mark.name) ? "?" : formatNumber(value, mark.digits, mark.style);
      const text = number + (mark.unit ? ` ${mark.unit}` : "");
      if (output.textContent !== text) output.textContent = text;
      output.setAttribute("data-value", String(value));
    };
  });
  return [row, (outputs) => updates.forEach((update) => update(outputs))];
}

function createButtons(spec, store, latest, forget) {
  const row = make("div", { class: "lb-buttons" });
  const button = (text, act) => {
    const node = make("button", { type: "button", class: "lb-button" }, text);
    node.addEventListener("click", act);
    row.append(node);
  };
  for (const mark of spec.marks.filter((mark) => mark.kind === "action")) {
    button(mark.label, () => {
      // All targets are read before any is set: setting one recomputes the scene.
      const targets = Object.entries(mark.outputs).map(([name, index]) => [name, latest()[index]]);
      for (const [name, value] of targets) {
        const control = spec.controls.find((c) => c.name === name);
        store.set(name, control.kind === "pixels" ? Array.from(value)
          : Math.max(control.low, Math.min(control.high, value)));
      }
      targets.forEach(([name]) => store.settle(name));
    });
  }
  button("Reset", () => {
    // Pasted numbers stay: they have a button of their own.
    for (const control of spec.controls) if (control.kind !== "numbers") store.set(control.name, control.start);
    forget();
    store.settle(spec.controls[0]?.name);
  });
  return row;
}

function fail(root, error) {
  root.classList.add("lb-failed");
  const message = make("p", { class: "lb-error", role: "alert" },
    `This figure stopped: ${error.message}. The rest of the page is not affected; reloading it may help.`);
  root.querySelector(".lb-stage")?.replaceChildren(message) ?? root.prepend(message);
  console.warn(error);
}

// spec: what livebook.figure describes. compute: the compiled program. stage: an empty element inside root.
export function mount(root, stage, spec, compute, store, onUpdate = () => {}) {
  let outputs = null;
  let redraws = [];
  const guard = (work) => (...args) => {
    if (root.classList.contains("lb-failed")) return;
    try { work(...args); } catch (error) { fail(root, error); }
  };
  const guess = spec.guess && createGuess(root, spec, plainStore([spec.guess.control]), () => outputs, () => update(true));
  const covers = (name) => Boolean(guess?.covers(name));
  const [readouts, updateReadouts] = createReadouts(spec.marks, covers);
  const controls = spec.controls.map((control) => [control, ...createControl(control, store)]);
  const holders = spec.panels.map(({ key, ...panel }) => {
    const bare = !panel.x.visible && !panel.y.visible ? " lb-bare" : "";
    const holder = make("div", { class: `lb-panel${bare}`, "data-panel": key, style: `--share:${panel.share}` });
    return [key, panel, holder];
  });
  const live = make("p", { class: "lb-live", "aria-live": "polite" });
  const sentence = (name) => {
    const control = spec.controls.find((c) => c.name === name);
    const said = control ? [`${spoken(control)} is ${shown(control, store.get(name))}`] : [];
    const read = [...readouts.querySelectorAll(".lb-readout")].map((r) => [...r.children].map((c) => c.textContent).join(" "));
    return [...said, ...read].join("; ") + ".";
  };

  const update = guard((force = false) => {
    outputs = compute(...spec.controls.map((control) => toProgram(control, store.get(control.name))));
    updateReadouts(outputs);
    for (const redraw of redraws) redraw(outputs, force === true);
    for (const [control, , show] of controls) show(store.get(control.name));
    onUpdate(spec, store, outputs, covers);
  });
  const layOut = guard(() => {
    redraws = [];
    const drag = dragger(spec.controls, store);
    for (const [key, panelSpec, holder] of holders) {
      const panel = createPanel(holder, panelSpec, spec.caption);
      const [limits, marks] = [true, false].map((wanted) =>
        spec.marks.filter((mark) => mark.panel === key && (mark.kind === "limits") === wanted));
      const draws = marks.map((mark) => addMark(panel, mark, drag));
      if (guess) draws.push(watched(guess, panel, key));
      redraws.push((now, force) => {
        const moved = limits.map((mark) => setLimits(panel, mark, now)).some(Boolean);
        for (const draw of draws) draw(now, force || moved);
      });
    }
    update(true);
    // A phone keeps the controls in sight, unless they would take too much of it.
    row.classList.toggle("lb-tall", row.offsetHeight > 0.25 * window.innerHeight);
  });

  // What the reader draws is as much a picture as what is drawn from it, so it stands in the panels' row. A text of many
  // numbers is too tall for the row of controls, which a phone keeps in sight.
  const nodes = (...kinds) => controls.filter(([c]) => kinds.includes(c.kind)).map(([, node]) => node);
  const panels = make("div", { class: "lb-panels" }, ...nodes("pixels"), ...holders.map(([, , holder]) => holder));
  const row = make("div", { class: "lb-controls" }, ...nodes("slider", "choice"),
    createButtons(spec, store, () => outputs, () => layOut()));
  stage.replaceChildren(...(guess ? [guess.box] : []), readouts, panels, row, ...nodes("numbers"), live);
  // JupyterLab takes arrow keys for itself unless they stop here.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  store.watch(update);
  const settle = store.settle;
  store.settle = (name) => { settle(name); live.textContent = sentence(name); };
  layOut();
  watchWidth(panels, layOut);
  watchScheme(() => update(true));
  if (!root.classList.contains("lb-failed")) root.classList.add("ready");
}

// The guess moves by its own slider, without the program; its marker follows.
function watched(guess, panel, key) {
  const draw = guess.mark(panel, key);
  guess.store.watch(() => draw(false));
  return (_, force) => draw(force);
}

function watchWidth(node, layOut) {
  let width = node.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(node.clientWidth - width) < 1) return;
    width = node.clientWidth;
    if (width > 0) layOut();
  }).observe(node);
}

// Canvases are painted with the scheme's colours, so they are painted again when the scheme changes.
function watchScheme(repaint) {
  const options = { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] };
  const observer = new MutationObserver(() => requestAnimationFrame(() => repaint()));
  observer.observe(document.documentElement, options);
  if (document.body) observer.observe(document.body, options);
}
