// What this browser remembers: the reader's texts, and the answers that were right. Nothing leaves it.
const PREFIX = "likelihood-to-vae/";

// A browser may refuse storage (private windows do): then things are remembered until the page is left.
const memory = new Map();

function storage() {
  try { return window.localStorage; } catch { return null; }
}

export function read(kind, chapter, name) {
  const key = `${PREFIX}${kind}/${chapter}#${name}`;
  return memory.get(key) ?? storage()?.getItem(key) ?? null;
}

export function write(kind, chapter, name, value) {
  const key = `${PREFIX}${kind}/${chapter}#${name}`;
  try {
    storage().setItem(key, value);
    memory.delete(key);
  } catch {
    memory.set(key, value);
  }
}

export function forget(kind, chapter, name) {
  const key = `${PREFIX}${kind}/${chapter}#${name}`;
  memory.delete(key);
  storage()?.removeItem(key);
}

const own = () => [...new Set([...Object.keys(storage() ?? {}), ...memory.keys()])].filter((key) => key.startsWith(PREFIX));

// { "text/chapter#name": "...", "solved/chapter#name": "..." }
export function everything() {
  const value = (key) => memory.get(key) ?? storage().getItem(key);
  return Object.fromEntries(own().sort().map((key) => [key.slice(PREFIX.length), value(key)]));
}

const KEY = /^(text|solved)\/([^#]+)#(.+)$/;

// Takes over what `everything` gave; returns how many answers came in. Throws on anything else.
export function takeOver(entries) {
  const found = Object.entries(entries ?? {}).map(([key, value]) => [KEY.exec(key), value]);
  if (!found.length || found.some(([match, value]) => !match || typeof value !== "string")) {
    throw new Error("this file holds no progress of this book");
  }
  for (const [[, kind, chapter, name], value] of found) write(kind, chapter, name, value);
  document.dispatchEvent(new Event("lb-progress"));
  return found.filter(([[, kind]]) => kind === "solved").length;
}

export function clear() {
  for (const key of own()) {
    memory.delete(key);
    storage()?.removeItem(key);
  }
  document.dispatchEvent(new Event("lb-progress"));
}

export const isSolved = (chapter, name) => read("solved", chapter, name) !== null;

export function markSolved(chapter, name, answer) {
  write("solved", chapter, name, answer);
  document.dispatchEvent(new Event("lb-progress"));
}

// Another tab writes to the same storage; what is being typed here is left alone.
export function onProgress(update) {
  document.addEventListener("lb-progress", update);
  window.addEventListener("storage", (event) => {
    if (event.key === null || event.key.startsWith(`${PREFIX}solved/`)) update();
  });
}
