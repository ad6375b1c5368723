// Quick questions: the page holds all that can be said; this shows what fits the answer.
import { make } from "./make.js";
import { isSolved, markSolved, onProgress } from "./store.js";

// "0.5", "0,5", "-1e-3", "1/3"; NaN for anything else.
export function readNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/^([^.,]*),([^.,]*)$/, "$1.$2");
  const [top, bottom, ...rest] = plain.split("/").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (rest.length) return NaN;
  return bottom === undefined ? top : top / bottom;
}

function judgeNumber(root) {
  const value = readNumber(root.querySelector("input").value);
  if (!Number.isFinite(value)) return { said: "Type a number, for example 0.25 or -3 or 1/3." };
  const tolerance = Number(root.dataset.tolerance);
  const near = (target) => Math.abs(value - Number(target)) <= tolerance * (1 + 1e-9);
  if (near(root.dataset.answer)) return { right: true };
  const known = [...root.querySelectorAll(".lb-feedback")].filter((node) => near(node.dataset.value));
  return { show: known, said: known.length ? "Not yet." : `Not yet. ${root.dataset.otherwise}` };
}

function judgeChoice(root) {
  const options = [...root.querySelectorAll(".lb-option")];
  const chosen = options.filter((option) => option.querySelector("input").checked);
  if (!chosen.length) return { said: "Choose an answer first." };
  const show = chosen.map((option) => option.querySelector(".lb-feedback")).filter(Boolean);
  const correct = (option) => option.dataset.correct === "yes";
  if (!chosen.every(correct)) return { show, said: "Not yet." };
  const missing = options.filter(correct).length - chosen.length;
  if (root.dataset.kind === "choices" && missing > 0) return { show, said: `Not yet. ${root.dataset.missing}` };
  return { right: true, show };
}

// What is said stands beside its choice; a copy of its words goes into the live region, which is read out.
export function mountQuestion(root) {
  const { question: name, chapter, kind } = root.dataset;
  const all = [...root.querySelectorAll(".lb-feedback, .lb-solved")];
  const solved = root.querySelector(".lb-solved");
  const said = make("div", { class: "lb-said", "aria-live": "polite", role: "status" });
  const badge = make("span", { class: "lb-state" });
  const check = () => {
    const { right, show = [], said: words = "" } = (kind === "number" ? judgeNumber : judgeChoice)(root);
    for (const node of all) node.hidden = true;
    const shown = right ? [...show, solved] : show;
    const verdict = make("p", { class: right ? "lb-verdict lb-right" : "lb-verdict lb-wrong" },
      make("strong", {}, right ? "✓ Right." : words));
    // Formulas are kept whole: their MathML is what a screen reader speaks.
    said.replaceChildren(verdict, ...shown.map((node) => make("p", { class: "lb-why" }, ...node.cloneNode(true).childNodes)));
    if (right) markSolved(chapter, name, "answered");
  };
  const button = make("button", { type: "button", class: "lb-button lb-main" }, "Check");
  button.addEventListener("click", check);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    check();
  });
  const update = () => { badge.textContent = isSolved(chapter, name) ? "✓ Solved" : ""; };
  onProgress(update);
  update();
  root.append(make("div", { class: "lb-toolbar" }, button, badge), said);
  root.classList.add("ready");
}
