// JupyterLab: the same figure as an anywidget. Its parameters are the widget's traits, so Python and other widgets
// can read and set them.
import { mount } from "./figure.js";

function modelStore(model, controls) {
  const watchers = new Set();
  for (const control of controls) {
    model.on(`change:${control.name}`, () => { for (const watcher of watchers) watcher(control.name); });
  }
  return {
    get: (name) => model.get(name),
    set(name, value) {
      model.set(name, value);
      model.save_changes();
    },
    settle() {},
    watch: (watcher) => watchers.add(watcher),
  };
}

async function loadProgram(model) {
  const url = URL.createObjectURL(new Blob([model.get("_program")], { type: "text/javascript" }));
  const program = await import(url);
  URL.revokeObjectURL(url);
  if (program.constants) {
    const view = model.get("_constants");
    program.load(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  }
  return program.default;
}

async function render({ model, el }) {
  const spec = model.get("_spec");
  const root = document.createElement("figure");
  root.className = "live-figure";
  root.dataset.figure = spec.name;
  const stage = root.appendChild(document.createElement("div"));
  stage.className = "lb-stage";
  root.appendChild(document.createElement("figcaption")).textContent = spec.caption;
  el.appendChild(root);
  // The first layout needs the width that the element only has once JupyterLab has attached it.
  await new Promise((attached) => requestAnimationFrame(attached));
  mount(root, stage, spec, await loadProgram(model), modelStore(model, spec.controls));
}

export default { render };
