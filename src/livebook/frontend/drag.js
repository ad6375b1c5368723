// Dragging a handle, by pointer and by arrow keys, moves the sliders it is bound to.

// The slider's value at a place along one axis: place = origin + scale * value.
const valueAt = (place, frame, axis) => (place - frame.origin[axis]) / frame.scale[axis];

const clampTo = (control, value) => {
  const steps = Math.round((value - control.low) / control.step);
  const onGrid = control.low + steps * control.step;
  return Math.max(control.low, Math.min(control.high, Number(onGrid.toPrecision(12))));
};

function pointerMoves(circle, panel, move, settle) {
  circle.addEventListener("pointerdown", (event) => {
    circle.setPointerCapture(event.pointerId);
    circle.focus({ preventScroll: true });
    event.preventDefault();
  });
  circle.addEventListener("pointermove", (event) => {
    if (!circle.hasPointerCapture(event.pointerId)) return;
    const box = panel.svg.getBoundingClientRect();
    move([panel.x.invert(event.clientX - box.left - panel.left), panel.y.invert(event.clientY - box.top - panel.top)]);
  });
  circle.addEventListener("pointerup", settle);
}

const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };

function keyMoves(circle, bound, store, settle, frame) {
  circle.addEventListener("keydown", (event) => {
    const [axis, sign] = KEYS[event.key] ?? [];
    if (axis === undefined) return;
    // A handle which moves along one axis only answers all four keys.
    const along = bound[axis] ? axis : 1 - axis, control = bound[along];
    const step = sign * (frame.scale[along] < 0 ? -1 : 1) * control.step * (event.shiftKey ? 10 : 1);
    store.set(control.name, clampTo(control, store.get(control.name) + step));
    settle();
    event.preventDefault();
    event.stopPropagation();
  });
}

// Returns drag(circle, panel, settings, frame) for the figure's controls; frame holds origin and scale of both axes.
export function dragger(controls, store) {
  return (circle, panel, settings, frame) => {
    const bound = settings.drags.map((name) => controls.find((control) => control.name === name));
    const names = bound.filter(Boolean).map((control) => control.name);
    if (!names.length) return;
    const settle = () => names.forEach((name) => store.settle(name));
    circle.setAttribute("tabindex", "0");
    circle.setAttribute("role", "slider");
    circle.setAttribute("aria-label", `${settings.label || names.join(" and ")}: drag, or use the arrow keys`);
    circle.setAttribute("data-drags", names.join(" "));
    store.watch(() => {
      circle.setAttribute("aria-valuenow", store.get(names[0]));
      circle.setAttribute("aria-valuetext", names.map((name) => `${name} ${store.get(name)}`).join(", "));
    });
    pointerMoves(circle, panel, (place) => {
      // Both values are read before either is set: setting one moves the other's frame.
      const values = bound.map((control, axis) => control && clampTo(control, valueAt(place[axis], frame, axis)));
      bound.forEach((control, axis) => { if (control && !Number.isNaN(values[axis])) store.set(control.name, values[axis]); });
    }, settle);
    keyMoves(circle, bound, store, settle, frame);
  };
}
