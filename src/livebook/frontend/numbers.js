// Numbers that the reader types or pastes. What cannot be read is said in a sentence; the text stays, and so does the figure.
import { make } from "./make.js";

const PLAIN = /^[+\-−]?(\d+\.?\d*|\.\d+)(e[+\-−]?\d+)?$/i;

// A comma between digits is a decimal comma where something else separates the numbers, and else a separator itself.
function split(text) {
  const decimal = /\d,\d/.test(text) && /[\s;]/.test(text.trim()) && !/,\s/.test(text) && !/\d\.\d/.test(text);
  return (decimal ? text.replace(/(\d),(\d)/g, "$1.$2") : text).split(decimal ? /[\s;]+/ : /[\s,;]+/).filter(Boolean);
}

// { numbers } or { problem }, a sentence that says what is wrong and where.
export function readNumbers(text, { least, capacity }) {
  const parts = split(text);
  if (!parts.length) return { problem: `Paste or type at least ${least} numbers.` };
  const numbers = parts.map((part) => (PLAIN.test(part) ? Number(part.replaceAll("−", "-")) : NaN));
  const bad = numbers.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0) return { problem: `“${parts[bad].slice(0, 24)}” (entry ${bad + 1}) is not a number.` };
  const count = `${parts.length} number${parts.length === 1 ? "" : "s"}`;
  if (parts.length < least) return { problem: `There must be at least ${least} numbers; this is ${count}.` };
  if (parts.length > capacity) return { problem: `This figure takes at most ${capacity} numbers; these are ${count}.` };
  return { numbers };
}

export function numbersControl(control, store, title, id) {
  const written = (numbers) => numbers.map(String).join(" ").replaceAll("-", "−");
  const said = make("p", { class: "lb-said", role: "status" });
  const input = make("textarea", { id, name: control.name, rows: 3, spellcheck: "false", autocomplete: "off" });
  const swap = make("button", { type: "button", class: "lb-button" }, "Example numbers");
  let mine = "";
  const example = written(control.start);
  let late = null;
  const read = () => {
    clearTimeout(late);
    const { numbers, problem } = readNumbers(input.value, control);
    input.toggleAttribute("aria-invalid", Boolean(problem));
    said.classList.toggle("lb-problem", Boolean(problem));
    if (problem) {
      said.textContent = `${problem} The figure still shows the numbers from before.`;
      return;
    }
    store.set(control.name, numbers);
    store.settle(control.name);
  };
  const own = () => { mine = input.value; swap.textContent = "Example numbers"; };
  input.addEventListener("input", () => { own(); clearTimeout(late); late = setTimeout(read, 350); });
  input.addEventListener("change", read);
  swap.addEventListener("click", () => {
    const back = input.value === example && mine.trim() && mine !== example;
    if (!back) mine = input.value;
    input.value = back ? mine : example;
    swap.textContent = back ? "Example numbers" : "Back to my numbers";
    read();
  });
  const node = make("div", { class: "lb-control lb-numbers" }, make("label", { for: id }, ...title), input,
    make("div", { class: "lb-numbers-row" }, said, swap));
  let shown = null;
  return [node, (now) => {
    if (now === shown) return;
    shown = now;
    // What was set from elsewhere (Python, another widget) replaces the text; what was typed here stays as typed.
    const typed = readNumbers(input.value, control).numbers;
    if (!typed || typed.length !== now.length || typed.some((value, i) => value !== now[i])) input.value = written(now);
    const unit = control.unit ? ` ${control.unit}` : "";
    said.textContent = `${now.length} numbers, from ${Math.min(...now)} to ${Math.max(...now)}${unit}.`.replaceAll("-", "−");
    said.classList.remove("lb-problem");
    input.removeAttribute("aria-invalid");
  }];
}
