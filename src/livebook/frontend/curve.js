// The curve that a reader's own Python draws beside the editor; the true one joins it when the answer is right.
import { addMark, createPanel } from "./panel.js";

const axis = (title, domain) => ({ title, domain, visible: true, ticks: 5 });

function spoken({ label, x, y }) {
  const numbers = y.filter(Number.isFinite);
  if (!numbers.length) return "Your function gives no number here.";
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)].map((v) => v.toPrecision(3));
  return `Your curve over ${label} from ${x[0]} to ${x.at(-1)}: lowest ${low}, highest ${high}.`;
}

function line(panel, x, y, settings) {
  const mark = { kind: "line", width: 2, dash: false, closed: false, label: "", outputs: { x: 0, y: 1 }, ...settings };
  addMark(panel, mark)([x, y], true);
}

// curve: { x, y, truth?, x_domain, y_domain, label, y_label }
export function createCurve(holder) {
  let now = null;
  const draw = () => {
    if (!now || !holder.clientWidth) return;
    const spec = { x: axis(now.label, now.x_domain), y: axis(now.y_label, now.y_domain), aspect: 0.75 };
    const panel = createPanel(holder, spec, spoken(now));
    if (now.truth) line(panel, now.x, now.truth, { role: "data", dash: true, width: 4, label: "true" });
    line(panel, now.x, now.y, { role: "model", label: "yours" });
  };
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(holder.clientWidth - width) < 1) return;
    width = holder.clientWidth;
    draw();
  }).observe(holder);
  return (curve) => { now = curve; draw(); };
}
