"""Everything a page loads comes from the book itself.

Adds the bundled front end and KaTeX's style; takes out what the theme's extensions would fetch from other hosts or
do not use here (thebe, widget state, FontAwesome's 1.5 MB script, for which a few icons as CSS masks stand in).
"""

import re
from pathlib import Path
from urllib.parse import quote

from livebook.bundle import MODULES, STATIC, cut_font
from livebook.sphinx.exercises import code_exercise
from livebook.sphinx.figures import live_figure
from livebook.sphinx.questions import question

# A script which only pages with such parts load.
NEEDED_FOR = {"page.js": (live_figure,), "exercise.js": (code_exercise, question)}
UNWANTED = ("thebe", "vnd.jupyter.widget-state")
ICON_CLASS = re.compile(r"\bfa-[a-z][a-z0-9-]*\b")
ICONS = MODULES / "@fortawesome" / "fontawesome-free" / "svgs"


def _configure(app, config):
    if not (STATIC / "page.js").exists():
        raise FileNotFoundError("the front end is not built yet: run `python -m livebook.bundle` (make book does)")
    config.html_static_path.append(str(STATIC))
    config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    _silence(app, "sphinx_thebe")


def _silence(app, extension: str) -> None:
    """Disconnect an extension which jupyter-book always loads: its scripts throw where nothing is configured for it."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if not one.handler.__module__.startswith(extension)]


def _unwanted(asset) -> bool:
    text = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', '')}"
    return any(mark in text for mark in UNWANTED)


def _trim(app, pagename, templatename, context, doctree):
    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context[kind] if not _unwanted(asset)]
    for script, parts in NEEDED_FOR.items():
        if doctree is None or not any(isinstance(node, parts) for node in doctree.findall()):
            context["script_files"] = [s for s in context["script_files"] if script not in str(s.filename)]


def _icon_rule(name: str) -> str:
    """CSS that paints one icon in the text's colour, or nothing when the class is no icon's name."""
    for style in ("solid", "regular", "brands"):
        path = ICONS / style / f"{name.removeprefix('fa-')}.svg"
        if path.exists():
            svg = re.sub(r"<!--.*?-->", "", path.read_text("utf-8"))
            return f'.{name}{{--lb-icon:url("data:image/svg+xml,{quote(svg, safe="/ =:")}")}}\n'.replace("'", "%27")
    return ""


def _write_icons(app, error):
    """Only the icons that the built pages name."""
    if error or app.builder.format != "html":
        return
    pages = Path(app.outdir).rglob("*.html")
    names = sorted({name for page in pages for name in ICON_CLASS.findall(page.read_text("utf-8"))})
    Path(app.outdir, "_static", "icons.css").write_text("".join(map(_icon_rule, names)), "utf-8")


def _shown_glyphs(styles: Path) -> set[int]:
    """Code points which rules print by themselves: the theme's named icons, and other sheets' ``content``."""
    theme = (styles / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    named = re.findall(r'--pst-icon-[a-z-]+:"([^"]+)"', theme)
    others = [path for path in styles.rglob("*.css") if path.name != "pydata-sphinx-theme.css"]
    printed = [code for path in others for code in re.findall(r'content:\s*"\\(f[0-9a-f]{3})', path.read_text("utf-8"))]
    return {ord(character) for text in named for character in text} | {int(code, 16) for code in printed}


def _cut_icon_font(app, error):
    """Keep those glyphs of FontAwesome only: the whole font weighs 156 kB on every page."""
    static = Path(app.outdir, "_static")
    font_file = static / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.woff2"
    if error or app.builder.format != "html" or not font_file.exists():
        return
    cut_font(font_file, _shown_glyphs(static))


def connect(app):
    """Connect to Sphinx."""
    app.connect("config-inited", _configure)
    for script in ("page.js", "exercise.js", "progress.js"):
        app.add_js_file(script, type="module")
    app.add_css_file("katex/katex.css")
    app.add_css_file("book.css")
    app.add_css_file("icons.css")
    app.connect("html-page-context", _trim, priority=900)
    app.connect("build-finished", _write_icons)
    app.connect("build-finished", _cut_icon_font)
