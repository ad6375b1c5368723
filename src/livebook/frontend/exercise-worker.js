// Python for the exercises of one page, in a worker of its own: a loop that never ends cannot freeze the page.
import runner from "./runner.py";

const base = new URL("pyodide/", self.location.href);
const PARTS = ["pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", "snapshot.bin"];
// Memory which WebAssembly has taken it never gives back: beyond this a new worker is better.
const SWOLLEN = 512 * 2 ** 20;
const post = (message) => self.postMessage(message);

// Parts are counted as they arrive: their sizes are not known before, and a compressed answer does not tell.
function countParts() {
  const plain = self.fetch.bind(self);
  let done = 0;
  const step = () => post({ type: "progress", done: ++done, of: PARTS.length + 2 });
  self.fetch = async (address, options) => {
    const answer = await plain(address, options);
    if (PARTS.some((part) => String(address?.url ?? address).includes(part))) step();
    return answer;
  };
  return step;
}

async function helpers(pyodide) {
  const answer = await fetch(new URL("exercise-helpers.zip", self.location.href));
  if (!answer.ok) throw new Error(`the checkers could not be loaded (${answer.status})`);
  pyodide.FS.writeFile("/helpers.zip", new Uint8Array(await answer.arrayBuffer()));
  pyodide.runPython("import sys; sys.path.insert(0, '/helpers.zip')");
}

// Python's memory just after its start (frontend/snapshot.mjs); it travels compressed whatever the server does.
async function memory() {
  const answer = await fetch(new URL("snapshot.bin", base));
  if (!answer.ok) throw new Error(`its memory could not be loaded (${answer.status})`);
  return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function start() {
  const step = countParts();
  const { loadPyodide } = await import(new URL("pyodide.mjs", base).href);
  step();
  const pyodide = await loadPyodide({ indexURL: base.href, stdin: () => null, _loadSnapshot: memory() });
  // The saved memory holds one state of the random numbers, which would be the same on every visit.
  pyodide.runPython("import random; random.seed()");
  await helpers(pyodide);
  // A file name that the checkers never take for the reader's own code.
  pyodide.runPython(runner, { filename: "<frozen runner>" });
  const session = pyodide.runPython("Session()");
  step();
  return { pyodide, session };
}

function answer({ pyodide, session }, job) {
  if (job.replay.length) session.replay(pyodide.toPy(job.replay));
  post({ type: "started", id: job.id });
  const emit = (text) => post({ type: "output", id: job.id, text });
  const given = session.answer(pyodide.toPy(job), emit);
  const result = given.toJs({ dict_converter: Object.fromEntries });
  given.destroy();
  return { ...result, restart: pyodide._module.HEAPU8.length > SWOLLEN };
}

const ready = start();
ready.then(() => post({ type: "ready" }), (error) => post({ type: "failed", message: error.message }));

self.onmessage = async ({ data: job }) => {
  const python = await ready;
  try {
    post({ type: "done", id: job.id, ...answer(python, job) });
  } catch (error) {
    // Python itself has stopped (out of memory, or the browser's stack is used up): only a new worker helps.
    post({ type: "fatal", id: job.id, message: String(error.message ?? error) });
  }
};
