// Every page: how much of each chapter is solved, beside its name; on the landing page, saving and clearing it.
import { make } from "./make.js";
import { clear, everything, isSolved, onProgress, takeOver } from "./store.js";

const root = new URL(document.documentElement.dataset.content_root ?? "./", document.baseURI);
const FILE = "from-likelihood-to-vae-progress.json";

function countOf(chapter, { exercises }) {
  return [exercises.filter((name) => isSolved(chapter, name)).length, exercises.length];
}

// Links to a chapter in the sidebar, and in the text of the landing page.
function linksTo(page) {
  const target = new URL(page, root).pathname;
  const isLanding = document.querySelector(".lb-progress") !== null;
  const places = `.bd-links a${isLanding ? ", .bd-article a.internal" : ""}`;
  return [...document.querySelectorAll(places)].filter((link) => !link.hash && link.pathname === target);
}

function badge(link, [solved, of]) {
  let node = link.nextElementSibling;
  if (!node?.matches(".lb-count")) {
    node = make("span", { class: "lb-count" });
    link.after(node);
  }
  const text = `${solved}/${of}`;
  if (node.dataset.count === text) return;
  node.dataset.count = text;
  node.classList.toggle("lb-all", solved === of);
  node.replaceChildren(make("span", { "aria-hidden": "true" }, text),
    make("span", { class: "lb-live" }, `${solved} of ${of} exercises solved`));
}

function save() {
  const content = JSON.stringify({ book: "From Likelihood to VAE", version: 1, entries: everything() }, null, 1);
  const address = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  make("a", { href: address, download: FILE }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

async function load(file) {
  const count = takeOver(JSON.parse(await file.text()).entries);
  return count === 1 ? "One solved exercise was read from the file." : `${count} solved exercises were read from the file.`;
}

function button(text, act) {
  const node = make("button", { type: "button", class: "lb-button" }, text);
  node.addEventListener("click", () => act(node));
  return node;
}

function loader(say) {
  const input = make("input", { type: "file", accept: "application/json,.json", class: "lb-file", "aria-label": "Load progress from a file", tabindex: "-1" });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    try { say(await load(file)); } catch { say("This file holds no progress of this book; nothing was changed."); }
    input.value = "";
  });
  return [button("Load from a file", () => input.click()), input];
}

function eraser(say) {
  let asked = false;
  return button("Clear", (node) => {
    if (!asked) {
      asked = true;
      node.textContent = "Clear all answers?";
      return;
    }
    asked = false;
    node.textContent = "Clear";
    clear();
    say("All answers are cleared.");
  });
}

function panel(node, index) {
  const said = make("p", { class: "lb-said", "aria-live": "polite", role: "status" });
  const total = make("p", { class: "lb-total" });
  const say = (text) => { said.textContent = text; };
  node.append(make("h2", { id: "your-progress" }, "Your progress"), total,
    make("p", {}, "It is kept in this browser only. A file takes it to another browser."),
    make("div", { class: "lb-toolbar" }, button("Save to a file", save), ...loader(say), eraser(say)), said);
  node.hidden = false;
  return () => {
    const counts = Object.entries(index).map(([chapter, entry]) => countOf(chapter, entry));
    const sum = (at) => counts.reduce((all, count) => all + count[at], 0);
    total.textContent = `${sum(0)} of ${sum(1)} exercises and questions solved.`;
  };
}

async function start() {
  const answer = await fetch(new URL("_exercises/index.json", root));
  if (!answer.ok) return;
  const index = await answer.json();
  if (!Object.keys(index).length) return;
  const place = document.querySelector(".lb-progress");
  const total = place ? panel(place, index) : () => {};
  const update = () => {
    for (const [chapter, entry] of Object.entries(index)) {
      for (const link of linksTo(entry.page)) badge(link, countOf(chapter, entry));
    }
    total();
  };
  onProgress(update);
  update();
}

start().catch((error) => console.warn(error));
