// An exercise's solution: out of sight until the reader has tried, or has asked twice.
import { make } from "./make.js";

function open(node) {
  node.hidden = false;
  const toggle = node.querySelector(".toggle-button");
  if (node.classList.contains("toggle-hidden")) toggle?.click();
  node.setAttribute("tabindex", "-1");
  node.focus();
}

// Returns the button; allow(): from then on one press is enough; release(): there is no button, so nothing is locked.
export function lockSolution(section) {
  const node = document.getElementById(section.dataset.solution);
  if (!node) return { buttons: [], allow() {}, release() {} };
  const linked = decodeURIComponent(location.hash.slice(1)) === node.id;
  node.hidden = !linked;
  let asked = linked;
  const button = make("button", { type: "button", class: "lb-button" }, "Solution");
  button.addEventListener("click", () => {
    if (asked) {
      button.textContent = "Solution";
      return open(node);
    }
    asked = true;
    button.textContent = "Show it without trying?";
  });
  return {
    buttons: [button],
    allow() { asked = true; button.textContent = "Solution"; },
    release() { node.hidden = false; },
  };
}
