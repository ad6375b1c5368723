// The built page: a figure sleeps until it comes near the screen, then loads its program and comes to life.
import { formatNumber } from "./format.js";
import { mount, plainStore } from "./figure.js";

async function loadProgram(root) {
  const program = await import(new URL(root.dataset.program, document.baseURI).href);
  if (program.constants) {
    const answer = await fetch(new URL(root.dataset.constants, document.baseURI));
    if (!answer.ok) throw new Error(`its numbers could not be loaded (${answer.status})`);
    program.load(await answer.arrayBuffer());
  }
  return program;
}

// The text node that holds the number: KaTeX keeps its spacing in elements beside it.
function digits(node) {
  return document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode();
}

// The second line of an equation shows the current numbers: KaTeX has set the places, only their text changes.
function liveNumbers(root) {
  const places = [...root.querySelectorAll("[class*='lb-live-']")].map((node) =>
    [digits(node), [...node.classList].find((c) => c.startsWith("lb-live-")).slice(8)]);
  return (spec, store, outputs, covers) => {
    for (const [node, name] of places) {
      const control = spec.controls.find((c) => c.name === name);
      const mark = spec.marks.find((m) => m.name === name);
      const text = control ? formatNumber(store.get(name), control.digits)
        : covers(name) ? "?" : formatNumber(outputs[mark.outputs.value], mark.digits, mark.style);
      if (node.textContent !== text) node.textContent = text;
    }
  };
}

async function wake(root) {
  root.classList.add("waking");
  const stage = root.querySelector(".lb-stage");
  try {
    const program = await loadProgram(root);
    mount(root, stage, program.spec, program.default, plainStore(program.spec.controls), liveNumbers(root));
  } catch (error) {
    root.classList.add("lb-failed");
    const message = document.createElement("p");
    message.className = "lb-error";
    message.setAttribute("role", "alert");
    message.textContent = `This figure could not start: ${error.message}. The picture shows its opening state.`;
    stage.prepend(message);
    console.warn(error);
  }
}

// Pointing at a coloured symbol in the text lights up its marks in the figures.
function lightUp() {
  const roleOf = (event) => event.target.closest?.("[class*='enclosing lb-']");
  const toggle = (on) => (event) => {
    const symbol = roleOf(event);
    const role = symbol && [...symbol.classList].find((c) => c.startsWith("lb-") && !c.startsWith("lb-live"));
    if (role) document.body.classList.toggle(`${role}-lit`, on);
  };
  document.addEventListener("pointerover", toggle(true));
  document.addEventListener("pointerout", toggle(false));
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    near.unobserve(entry.target);
    wake(entry.target);
  }
}, { rootMargin: "400px" });

document.querySelectorAll("figure.live-figure[data-program]").forEach((root) => near.observe(root));
lightUp();
