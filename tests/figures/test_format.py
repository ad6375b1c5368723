"""Numbers read the same from Python (the static page) and from JavaScript (the live one)."""

import json
import subprocess

import pytest
from tools import environment

from livebook.numbers import shown

VALUES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.005,
    -0.005,
    2.5,
    1234.5678,
    -1e-7,
    1e-300,
    2.34e-11,
    -3e25,
    float("inf"),
    -float("inf"),
]
CASES = [(value, digits, style) for value in VALUES for digits in (0, 2, 3) for style in "fe" if style == "f" or digits]


@pytest.fixture(scope="module")
def javascript(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("format")
    bundle = folder / "format.mjs"
    tool = root / "node_modules" / ".bin" / "esbuild"
    source = root / "src" / "livebook" / "frontend" / "format.js"
    variables = environment.variables(root)
    subprocess.run(
        [tool, source, "--bundle", "--format=esm", f"--outfile={bundle}", "--log-level=error"],
        check=True,
        env=variables,
    )
    numbers = [[repr(value).replace("inf", "Infinity"), digits, style] for value, digits, style in CASES]
    script = (
        f"import {{ formatNumber }} from {json.dumps(bundle.as_uri())};"
        f"console.log(JSON.stringify({json.dumps(numbers)}.map(([v, d, s]) => formatNumber(Number(v), d, s))));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], check=True, capture_output=True, text=True, env=variables
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("index", range(len(CASES)))
def test_python_and_javascript_agree(javascript, index):
    assert shown(*CASES[index]) == javascript[index], CASES[index]


def test_a_number_is_written_for_people():
    assert shown(-12.3456, 2) == "−12.35"
    assert shown(2.34e-11, 3, "e") == "2.34 × 10⁻¹¹"
    assert shown(float("nan"), 2) == "not a number"
