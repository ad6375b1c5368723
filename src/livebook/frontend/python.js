// The page's one interpreter: starts its worker on the first run, stops what runs too long, starts afresh after a crash.
const LIMIT = 10_000;

const SAID = {
  memory: "Python ran out of memory and was started afresh. Your text is kept. Does a list grow without end?",
  swollen: "Python had taken much memory and was started afresh. Your text is kept.",
  fatal: "Python stopped and was started afresh. Your text is kept. A function that calls itself without end does this.",
};

const timeSaid = (limit) => `Stopped after ${limit / 1000} s, and Python was started afresh. Your text is kept. `
  + "Does a loop never end?";

export class Interpreter {
  #worker = null;
  #ready = null;
  #known = new Set();
  #queue = Promise.resolve();
  #ids = 0;

  // job: { name, source, call?, curve? }. earlier(): [{ name, source }], solved answers which must have run before this
  // one; those that this interpreter does not know yet are run first, silently.
  run(job, { earlier, onProgress, limit = LIMIT }) {
    const turn = this.#queue.then(() => this.#run(job, earlier, onProgress, limit));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  get started() { return this.#worker !== null; }

  #start() {
    const worker = new Worker(new URL("exercise-worker.js", import.meta.url), { type: "module" });
    this.#worker = worker;
    this.#known = new Set();
    this.onProgress = null;
    this.#ready = new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => {
        if (data.type === "progress") this.onProgress?.(data.done, data.of);
        if (data.type === "ready") resolve();
        if (data.type === "failed") reject(new Error(data.message));
      });
      worker.addEventListener("error", (event) => reject(new Error(event.message || "its script could not be loaded")));
    });
    this.#ready.catch(() => this.#end());
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #restart() {
    this.#end();
    this.#start();
  }

  async #run(job, earlier, onProgress, limit) {
    if (!this.#worker) this.#start();
    this.onProgress = onProgress;
    await this.#ready;
    onProgress(1, 1);
    const missing = earlier().filter((answer) => !this.#known.has(answer.name));
    for (const { name } of [...missing, job]) this.#known.add(name);
    const replay = missing.map((answer) => answer.source);
    const answer = await this.#ask({ ...job, replay, id: this.#ids++ }, limit);
    if (answer.restart) this.#restart();
    return answer;
  }

  // Resolves with what the worker says, or with the reason why it had to go.
  #ask(job, limit) {
    const worker = this.#worker;
    return new Promise((resolve) => {
      let output = "";
      let timer = null;
      const finish = (answer) => {
        clearTimeout(timer);
        worker.removeEventListener("message", listen);
        worker.removeEventListener("error", broken);
        resolve({ output, ...answer });
      };
      const gone = (said) => finish({ error: said, restart: true });
      const watch = () => { clearTimeout(timer); timer = setTimeout(() => gone(timeSaid(limit)), limit); };
      const broken = () => gone(SAID.fatal);
      const listen = ({ data }) => {
        if (data.id !== job.id) return;
        if (data.type === "output") output += data.text;
        if (data.type === "started") watch();
        if (data.type === "fatal") gone(/memory/i.test(data.message) ? SAID.memory : SAID.fatal);
        if (data.type === "done") finish(data.restart ? { ...data, note: SAID.swollen } : data);
      };
      worker.addEventListener("message", listen);
      worker.addEventListener("error", broken);
      watch();
      worker.postMessage(job);
    });
  }
}
