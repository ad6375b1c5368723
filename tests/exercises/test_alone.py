"""The checkers run where nothing but the standard library is: in Pyodide, in the page."""

import subprocess
import sys

from .authored import SOLUTIONS

PROGRAM = """
import sys
sys.path.insert(0, {src!r})
before = set(sys.modules)
from helpers.checks import choice, run
names = {{}}
result = run({solution!r}, 'check("likelihood-curve", log_density)', names)
assert result.correct, result
assert run("def log_density(x, mu, sigma): return x", 'check("likelihood-curve", log_density)', names).to_dict()
assert "text/html" in choice("likelihood-units")._repr_mimebundle_()
assert result._repr_html_()
new = {{name.split(".")[0] for name in set(sys.modules) - before}}
foreign = new - set(sys.stdlib_module_names) - {{"helpers"}}
print(sorted(foreign), sorted(name for name in sys.modules if name.startswith("helpers") and "checks" not in name))
"""


def test_only_the_standard_library_is_needed(root):
    program = PROGRAM.format(src=str(root / "src"), solution=SOLUTIONS["likelihood-curve"])
    done = subprocess.run([sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] ['helpers']"


def test_importing_asks_for_no_widget_and_no_picture(root):
    """Also where these are installed, they are imported only when a notebook shows something."""
    program = f"import sys; sys.path.insert(0, {str(root / 'src')!r}); import helpers.checks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "IPython", "ipywidgets", "matplotlib", "scipy", "pandas"}
    assert not heavy & set(done.stdout.split())
