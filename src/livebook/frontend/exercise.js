// Pages with exercises: an exercise sleeps until it comes near the screen, then its stub becomes an editor.
import { make } from "./make.js";
import { Interpreter } from "./python.js";
import { mountQuestion } from "./questions.js";
import { lockSolution } from "./solution.js";
import { forget, isSolved, markSolved, onProgress, read, write } from "./store.js";
import { createResult } from "./result.js";

const sections = [...document.querySelectorAll("section.lb-exercise")];
const interpreter = new Interpreter();
let ids = 0;

function button(text, act, attributes = {}) {
  const node = make("button", { type: "button", class: "lb-button", ...attributes }, text);
  node.addEventListener("click", act);
  return node;
}

// "Exercise 3", as the text above calls it.
function nameOf(section) {
  const titles = [...document.querySelectorAll(".exercise.admonition > .admonition-title")]
    .filter((title) => title.compareDocumentPosition(section) & Node.DOCUMENT_POSITION_FOLLOWING);
  return titles.at(-1)?.textContent.trim() || `exercise ${section.dataset.exercise}`;
}

// Answers of the chapter's earlier exercises, which later ones may build on.
function earlierAnswers(section) {
  return sections.slice(0, sections.indexOf(section)).map(({ dataset }) => (
    { name: dataset.exercise, source: read("solved", dataset.chapter, dataset.exercise) }
  )).filter((answer) => answer.source);
}

function hintButton(section) {
  const hints = [...section.querySelectorAll(".lb-hint")];
  for (const hint of hints) hint.hidden = true;
  const left = () => hints.filter((hint) => hint.hidden);
  const label = () => (hints.length === 1 ? "Hint" : `Hint (${hints.length - left().length}/${hints.length})`);
  const node = button(label(), () => {
    const [hint] = left();
    if (!hint) return;
    hint.hidden = false;
    hint.open = true;
    node.textContent = label();
    node.disabled = left().length === 0;
    // The hint is read out where it stands, and the button may just have been switched off under the reader's finger.
    const summary = hint.querySelector("summary");
    summary.focus();
  });
  return hints.length ? [node] : [];
}

function loadingBar() {
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Python is loading" });
  const node = make("div", { class: "lb-loading", hidden: true }, bar, " Python is loading; later it comes from this browser's cache.");
  return [node, (done, of) => {
    node.hidden = done >= of;
    bar.value = done / of;
  }];
}

function stateBadge(chapter, name) {
  const node = make("span", { class: "lb-state" });
  const update = () => { node.textContent = isSolved(chapter, name) ? "✓ Solved" : ""; };
  onProgress(update);
  update();
  return node;
}

function torchExercise(section, solution) {
  const link = make("a", { href: section.dataset.notebook, download: true }, "Download the chapter's notebook");
  section.append(
    make("p", { class: "lb-torch" }, "This exercise needs torch, which does not run in a page. ", link, " and solve it there."),
    make("div", { class: "lb-toolbar" }, ...hintButton(section), ...solution.buttons),
  );
}

function setBusy(toolbar, busy) {
  toolbar.setAttribute("aria-busy", String(busy));
  for (const node of toolbar.querySelectorAll(".lb-needs-python")) node.setAttribute("aria-disabled", String(busy));
}

async function mountExercise(section, solution) {
  const { exercise: name, chapter, check: call } = section.dataset;
  if (section.dataset.torch) return torchExercise(section, solution);
  const stub = section.querySelector("pre").textContent.replace(/\n+$/, "\n");
  const { createEditor } = await import("./editor.js");
  const holder = make("div", { class: "lb-curve" }, make("p", { class: "lb-curve-empty" }, "Run draws your curve here."));
  const drawCurve = section.dataset.curve ? (await import("./curve.js")).createCurve(holder) : null;

  const keys = make("p", { class: "lb-keys", id: `lb-keys-${ids++}` },
    "Tab indents; Escape, then Tab, leaves the editor. Ctrl+Enter runs.");
  const place = make("div", { class: "lb-editor" });
  const [loading, onProgressOf] = loadingBar();
  const result = createResult();
  let busy = false;

  const job = () => ({ name, source: editor.text(), curve: Boolean(drawCurve) });
  const ask = (what) => interpreter.run(what, {
    earlier: () => earlierAnswers(section), onProgress: onProgressOf, limit: Number(section.dataset.limit) || undefined,
  });
  const work = async (extra) => {
    if (busy) return;
    busy = true;
    setBusy(toolbar, true);
    result.wait();
    const asked = { ...job(), ...extra };
    try {
      const answer = await ask(asked);
      result.show(answer);
      if (answer.curve) drawCurve(answer.curve, answer.result.correct);
      if (answer.result?.correct) markSolved(chapter, name, asked.source);
      if (["wrong", "error", "correct"].includes(answer.result?.kind)) solution.allow();
    } catch (error) {
      loading.hidden = true;
      result.show({ output: "", error: `Python could not start: ${error.message}. Run tries again.` });
    }
    busy = false;
    setBusy(toolbar, false);
  };

  // Once the reader has started Python, their curve follows their typing.
  let pause = null;
  const follow = () => {
    clearTimeout(pause);
    if (!drawCurve || !interpreter.started) return;
    pause = setTimeout(async () => {
      if (busy) return;
      const answer = await ask(job()).catch(() => ({}));
      if (answer.curve) drawCurve(answer.curve);
      if (answer.restart) result.show(answer);
    }, 500);
  };

  const reset = () => {
    editor.replace(stub);
    forget("text", chapter, name);
    result.clear();
  };
  const toolbar = make("div", { class: "lb-toolbar" },
    button("Run", () => work({}), { class: "lb-button lb-needs-python" }),
    button("Check", () => work({ call }), { class: "lb-button lb-main lb-needs-python" }),
    ...hintButton(section), ...solution.buttons, button("Reset", reset), stateBadge(chapter, name));
  const row = make("div", { class: "lb-work" }, place, ...(drawCurve ? [holder] : []));
  for (const node of section.querySelectorAll(":scope > :not(.lb-hint)")) node.hidden = true;
  section.prepend(row, keys, toolbar, loading, result.node);
  const editor = createEditor(place, {
    text: read("text", chapter, name) ?? stub, label: `Your Python for ${nameOf(section)}`, describedBy: keys.id,
    onChange: (text) => { write("text", chapter, name, text); follow(); }, onRun: () => work({}),
  });
  if (isSolved(chapter, name)) solution.allow();
  section.classList.add("ready");
}

// Without its editor an exercise is what it is without scripts.
function fail(section, solution, error) {
  section.classList.add("lb-failed");
  section.append(make("p", { class: "lb-error", role: "alert" },
    "The editor could not be loaded. Reloading the page may help; the notebook has the same exercise."));
  solution.release();
  console.warn(error);
}

const solutions = new Map(sections.map((section) => [section, lockSolution(section)]));
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    const solution = solutions.get(target);
    mountExercise(target, solution).catch((error) => fail(target, solution, error));
  }
}, { rootMargin: "600px" });

for (const section of sections) near.observe(section);
document.querySelectorAll("fieldset.lb-question").forEach(mountQuestion);
