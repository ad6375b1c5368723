// Saves Python's memory just after it has started, for exercise-worker.js: a page that begins there starts Python in about
// a sixth of the time. Run by livebook.bundle: node snapshot.mjs TARGET
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { loadPyodide } from "pyodide";

// What the checkers and most answers import.
const WARM = "import ast, dataclasses, html, inspect, io, itertools, linecache, math, random, reprlib, statistics, sysconfig";

const pyodide = await loadPyodide({ _makeSnapshot: true });
pyodide.runPython(WARM);
writeFileSync(process.argv[2], gzipSync(pyodide.makeMemorySnapshot()));
