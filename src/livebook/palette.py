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
    """Custom properties ``--lb-ROLE`` and ``--lb-ROLE-text`` for both schemes, as the theme switches them."""

    def block(scheme: str) -> str:
        values = {f"--lb-{role}": hex_ for role, hex_ in PALETTE[scheme].items()}
        values |= {f"--lb-{role}-text": hex_ for role, hex_ in PALETTE[f"{scheme}_text"].items()}
        return "".join(f"{name}:{value};" for name, value in values.items())

    return f":root{{{block('light')}}}\nhtml[data-theme='dark']{{{block('dark')}}}\n"


def macros() -> dict[str, str]:
    r"""TeX macros ``\model{...}``, ``\approximation{...}`` and so on: CSS decides their colour."""
    return {f"\\{role}": rf"\htmlClass{{lb-{role}}}{{#1}}" for role in ROLES}
