// Guess first: the figure asks, the reader drags a marker, and Reveal shows the answer beside the guess.
import { createControl } from "./controls.js";
import { dragger } from "./drag.js";
import { formatNumber } from "./format.js";
import { make } from "./make.js";
import { addMark } from "./panel.js";

function verdict(guess, guessed, readout, answer) {
  const unit = guess.unit ? ` ${guess.unit}` : "";
  const digits = Math.max(guess.control.digits, readout.style === "f" ? readout.digits : 0);
  const say = (value) => formatNumber(value, digits) + unit;
  if (!Number.isFinite(answer)) return `You guessed ${say(guessed)}; it is ${formatNumber(answer, digits)}.`;
  const off = guessed - answer;
  const missed = Math.abs(off) <= guess.control.step / 2 ? "as near as the slider can come"
    : `${say(Math.abs(off))} too ${off > 0 ? "high" : "low"}`;
  return `You guessed ${say(guessed)}; it is ${say(answer)}: ${missed}.`;
}

// Covers what the question asks for until Reveal. `asking()` tells whether it still does; `mark(panels)` adds the marker.
export function createGuess(root, spec, store, latest, reopen) {
  const { guess } = spec;
  const readout = spec.marks.find((mark) => mark.kind === "readout" && mark.name === guess.readout);
  const [control, show] = createControl(guess.control, store);
  const said = make("p", { class: "lb-revealed", role: "status" });
  const button = make("button", { type: "button", class: "lb-button lb-reveal" }, "Reveal");
  const box = make("div", { class: "lb-guess" }, make("p", { class: "lb-asked" }, guess.question),
    make("div", { class: "lb-guess-row" }, control, button), said);
  root.classList.add("lb-asking");
  const asking = () => root.classList.contains("lb-asking");
  store.watch(() => show(store.get("guess")));
  show(store.get("guess"));
  button.addEventListener("click", () => {
    root.classList.remove("lb-asking");
    const kept = document.activeElement === button;
    box.querySelector(".lb-guess-row").remove();
    // The question is about the opening state, wherever the reader has moved the figure meanwhile.
    reopen();
    said.textContent = verdict(guess, store.get("guess"), readout, latest()[readout.outputs.value]);
    said.tabIndex = -1;
    if (kept) said.focus({ preventScroll: true });
  });
  return { box, store, covers: (name) => asking() && name === guess.readout, mark: (panel, key) => marker(panel, key, guess, store) };
}

// The guess as a dashed line across its panel, with a point to take it by.
function marker(panel, key, guess, store) {
  if (!guess.axis || guess.panel !== key) return () => {};
  const along = guess.axis === "x";
  const rule = addMark(panel, { kind: "rule", role: "data", dash: true, label: "your guess", outputs: { [guess.axis]: 0 } });
  const point = addMark(panel, {
    kind: "handle", role: "data", label: "", drags: along ? ["guess", null] : [null, "guess"], outputs: { x: 0, y: 1 },
  }, dragger([guess.control], store));
  const edge = along ? panel.y.domain()[0] : panel.x.domain()[0];
  return (force) => {
    const value = store.get("guess");
    rule([value], force);
    point(along ? [value, edge] : [edge, value], force);
  };
}
