// What came out of a run: printed text, an error, or the checker's verdict; read out politely, as one piece.
import { make } from "./controls.js";

// Backticks in a message mark code.
export function withCode(text) {
  return text.split(/`([^`]+)`/).map((piece, i) => (i % 2 ? make("code", {}, piece) : piece)).filter((piece) => piece !== "");
}

function verdict({ correct, message, details }) {
  const items = (details ?? []).map((detail) => make("li", {}, ...withCode(detail)));
  const said = make("p", { class: correct ? "lb-verdict lb-right" : "lb-verdict lb-wrong" },
    make("strong", {}, correct ? "Right. " : "Not yet. "), ...withCode(message));
  return items.length ? [said, make("ul", { class: "lb-details" }, ...items)] : [said];
}

export function createResult() {
  const node = make("div", { class: "lb-result", "aria-live": "polite", role: "status" });
  return {
    node,
    clear: () => node.replaceChildren(),
    wait: () => node.classList.add("lb-waiting"),
    show({ output, error, result }) {
      const parts = [];
      if (output) parts.push(make("pre", { class: "lb-output", tabindex: "0", "aria-label": "Output" }, output));
      if (error) parts.push(make("pre", { class: "lb-output lb-code-error" }, error));
      if (result) parts.push(...verdict(result));
      if (!parts.length) parts.push(make("p", { class: "lb-quiet" }, "It ran, and printed nothing."));
      node.classList.remove("lb-waiting");
      node.replaceChildren(...parts);
    },
  };
}
