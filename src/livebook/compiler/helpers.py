"""The JavaScript helpers, taken into a module only where it calls them."""

import functools
import re
from pathlib import Path

_FILES = ("arithmetic.js", "special.js", "linalg.js")
_DEFINITION = re.compile(r"^(?:function|const) (\w+)", re.MULTILINE)


@functools.cache
def _blocks():
    """Return ``{name: text}``: top-level definitions, each with its comment, parted by blank lines."""
    blocks = {}
    for file in _FILES:
        text = (Path(__file__).parent / file).read_text(encoding="utf-8")
        for block in re.split(r"\n\n+(?=\S)", text.strip()):
            match = _DEFINITION.search(block)
            if match:
                blocks[match[1]] = block
    return blocks


def names():
    """Return the names that the helpers define."""
    return set(_blocks())


def needed(source):
    """Return the definitions that ``source`` calls, and those that they call, in a fixed order."""
    blocks, wanted, queue = _blocks(), set(), [source]
    while queue:
        for name in set(re.findall(r"[A-Za-z_]\w*", queue.pop())) & set(blocks) - wanted:
            wanted.add(name)
            queue.append(blocks[name])
    return [text for name, text in blocks.items() if name in wanted]
