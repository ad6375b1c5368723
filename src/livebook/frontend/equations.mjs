// Sets equations for livebook.sphinx.equations: a JSON question a line in, a JSON answer a line out.
import { createInterface } from "node:readline";
import katex from "katex";

// \htmlClass carries the colours' meaning; everything else that is not LaTeX is an error.
const strict = (code) => (code === "htmlExtension" ? "ignore" : "error");

for await (const line of createInterface({ input: process.stdin })) {
  const { tex, display, macros } = JSON.parse(line);
  let answer;
  try {
    const html = katex.renderToString(tex, { displayMode: display, macros, strict, trust: true, throwOnError: true });
    answer = { html };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
