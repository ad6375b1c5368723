"""JavaScript names: readable, valid, and each used once."""

import re

RESERVED = frozenset(
    [
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "await",
        "async",
        "arguments",
        "eval",
        "undefined",
        "NaN",
        "Infinity",
        "Math",
        "Object",
        "Array",
        "Float64Array",
        "ArrayBuffer",
        "DataView",
        "Error",
        "Number",
        "inputs",
        "outputs",
        "constants",
        "load",
        "loaded",
    ]
)


class Names:
    """Hands out names that nobody else has."""

    def __init__(self, taken):
        """Keep off JavaScript's own words and the names ``taken``."""
        self.taken = set(RESERVED) | set(taken)

    def fresh(self, hint):
        """Return ``hint`` as an identifier, numbered if it is taken."""
        base = re.sub(r"\W", "_", hint, flags=re.ASCII)
        base = base if re.match(r"[A-Za-z_$]", base) else f"_{base}"
        name, number = base, 1
        while name in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.taken.add(name)
        return name
