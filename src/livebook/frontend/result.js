// What came out of a run: printed text, an error, or the checker's verdict; read out politely, as one piece.
import { make } from "./make.js";

// Backticks in a message mark code.
export function withCode(text) {
  return text.split(/`([^`]+)`/).map((piece, i) => (i % 2 ? make("code", {}, piece) : piece)).filter((piece) => piece !== "");
}

const WORDS = {
  correct: "✓ Right. ", wrong: "✗ Not yet. ", error: "✗ Your code stopped. ", stub: "… Nothing to check yet. ", ran: "",
};

const LOOKS = { correct: "lb-right", wrong: "lb-wrong", error: "lb-wrong" };

function verdict({ kind, message, details }) {
  const said = make("p", { class: `lb-verdict ${LOOKS[kind] ?? ""}` },
    ...(WORDS[kind] ? [make("strong", {}, WORDS[kind])] : []), ...withCode(message));
  return details?.length ? [said, make("pre", { class: "lb-output lb-details" }, details.join("\n"))] : [said];
}

export function createResult() {
  const node = make("div", { class: "lb-result", "aria-live": "polite", role: "status" });
  return {
    node,
    clear: () => node.replaceChildren(),
    wait: () => node.classList.add("lb-waiting"),
    show({ output, error, result, note }) {
      const parts = [];
      if (output) parts.push(make("pre", { class: "lb-output", tabindex: "0", "aria-label": "Output" }, output));
      if (error) parts.push(make("p", { class: "lb-verdict lb-wrong" }, error));
      // What was printed says enough about a run that went well.
      if (result && !(result.kind === "ran" && output)) parts.push(...verdict(result));
      if (note) parts.push(make("p", { class: "lb-verdict" }, note));
      node.classList.remove("lb-waiting");
      node.replaceChildren(...parts);
    },
  };
}
