"""The book's colours: one meaning each, kept in ``palette.json`` and read from there by CSS, figures and matplotlib.

The hues are the Okabe-Ito set, which stays distinguishable under the common kinds of colour blindness;
``*_text`` are darker or lighter versions with a contrast of at least 4.5 against the page, for symbols in text.
"""

import json
from importlib import resources

PALETTE = json.loads(resources.files(__package__).joinpath("palette.json").read_text("utf-8"))
ROLES = tuple(PALETTE["light_text"])


def colour(role: str, scheme: str = "light") -> str:
    """Hex colour of ``role`` (one of ``ROLES``, or axis, grid, paper, ink) in the ``light`` or ``dark`` scheme."""
    if scheme not in ("light", "dark"):
        raise ValueError(f"scheme must be 'light' or 'dark', got {scheme!r}")
    if role not in PALETTE[scheme]:
        raise ValueError(f"role must be one of {', '.join(PALETTE[scheme])}; got {role!r}")
    return PALETTE[scheme][role]


def css() -> str:
    """Custom properties ``--lb-ROLE`` and ``--lb-ROLE-text`` for both schemes, and the classes that use them."""
    dark = "html[data-theme='dark'],body[data-jp-theme-light='false']"
    return f":root{{{_properties('light')}}}\n{dark}{{{_properties('dark')}}}\n" + "".join(map(_classes, ROLES))


def _properties(scheme: str) -> str:
    values = {f"--lb-{role}": hex_ for role, hex_ in PALETTE[scheme].items()}
    values |= {f"--lb-{role}-text": hex_ for role, hex_ in PALETTE[f"{scheme}_text"].items()}
    return "".join(f"{name}:{value};" for name, value in values.items())


def _classes(role: str) -> str:
    """A mark, a text, a control and a symbol in an equation each take their role's colour from its class."""
    return (
        f".lb-role-{role}{{--lb-mark:var(--lb-{role});--lb-mark-text:var(--lb-{role}-text)}}\n"
        f".lb-text-{role},.katex .enclosing.lb-{role}{{color:var(--lb-{role}-text)}}\n"
        f".lb-accent-{role}{{accent-color:var(--lb-{role})}}\n"
        f".lb-{role}-lit .lb-mark.lb-role-{role} .lb-stroke{{stroke-width:4}}\n"
        f".lb-{role}-lit .lb-mark.lb-role-{role} .lb-fill{{fill-opacity:.7}}\n"
    )


def macros() -> dict[str, str]:
    r"""TeX macros ``\model{...}``, ``\approximation{...}`` and so on: CSS decides their colour."""
    return {f"\\{role}": rf"\htmlClass{{lb-{role}}}{{#1}}" for role in ROLES}
