// The code editor: Python's colours and indentation; usable by keyboard and screen reader.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], class: "lb-code-keyword" },
  { tag: [tags.string, tags.special(tags.string)], class: "lb-code-string" },
  { tag: tags.number, class: "lb-code-number" },
  { tag: tags.comment, class: "lb-code-comment" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], class: "lb-code-function" },
]);

// onRun answers Ctrl-Enter and Shift-Enter, as in a notebook.
export function createEditor(parent, { text, label, describedBy, onChange, onRun }) {
  const run = () => { onRun(); return true; };
  const changed = EditorView.updateListener.of((update) => {
    if (update.docChanged) onChange(update.state.doc.toString());
  });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(),
        indentUnit.of("    "), EditorState.tabSize.of(4), EditorView.lineWrapping, python(), syntaxHighlighting(colours),
        EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": describedBy }),
        // Escape, then Tab leaves the editor: CodeMirror's own rule, which the line below the editor tells.
        keymap.of([
          { key: "Mod-Enter", run }, { key: "Shift-Enter", run }, indentWithTab, ...defaultKeymap, ...historyKeymap,
        ]),
        changed,
      ],
    }),
  });
  // The page has keys of its own, "/" for its search among them: what is typed here is for the editor alone.
  view.dom.addEventListener("keydown", (event) => event.stopPropagation());
  return {
    text: () => view.state.doc.toString(),
    replace: (now) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: now } }),
    focus: () => view.focus(),
  };
}
