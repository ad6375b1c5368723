// The curve that a reader's own Python draws beside the editor; the true one joins it when the answer is right.
import { addMark, createPanel } from "./panel.js";

const axis = (title, domain) => ({ title, domain, visible: true, ticks: 5 });

function spoken({ frame: { label }, points: { x, y } }) {
  const numbers = y.filter(Number.isFinite);
  if (!numbers.length) return "Your function gives no number here.";
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)].map((v) => v.toPrecision(3));
  return `Your curve over ${label} from ${x[0]} to ${x.at(-1)}: lowest ${low}, highest ${high}.`;
}

function line(panel, x, y, settings) {
  const mark = { kind: "line", width: 2, dash: false, closed: false, label: "", outputs: { x: 0, y: 1 }, ...settings };
  addMark(panel, mark)([x, y], true);
}

// The returned function draws { points: { x, y }, frame: helpers.checks.Curve }. Once the answer has been right, its curve
// stays as the true one, and the reader can see what an edit does to it.
export function createCurve(holder) {
  let now = null;
  let truth = null;
  const draw = () => {
    if (!now || !holder.clientWidth) return;
    const { points, frame } = now;
    const spec = { x: axis(frame.label, frame.x), y: axis(frame.y_label, frame.y), aspect: 0.75 };
    const panel = createPanel(holder, spec, spoken(now));
    if (truth) line(panel, truth.x, truth.y, { role: "posterior", dash: true, width: 4, label: "right", label_at: "start" });
    line(panel, points.x, points.y, { role: "model", label: "yours" });
  };
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(holder.clientWidth - width) < 1) return;
    width = holder.clientWidth;
    draw();
  }).observe(holder);
  return (curve, correct) => {
    now = curve;
    if (correct) truth = curve.points;
    draw();
  };
}
