"""The same modules in a real browser: exact arithmetic to the bit, transcendental functions to 1e-13."""

import functools
import http.server
import threading

import numpy as np
import pytest
import torch

from .harness import compile, from_hex, to_hex
from .test_functions import FUNCTIONS

_RUN = """async ([name, args, bytes]) => {
  const decode = (hex) => new Uint8Array((hex.match(/../g) || []).map((pair) => parseInt(pair, 16))).buffer;
  const hex = (byte) => byte.toString(16).padStart(2, '0');
  const encode = (x) => Array.from(new Uint8Array(Float64Array.from(x).buffer), hex).join('');
  const module = await import(`./${name}.mjs`);
  if (module.constants) module.load(decode(bytes));
  const numbers = args.map(({ hex }) => new Float64Array(decode(hex)));
  const inputs = numbers.map((x, n) => (args[n].scalar ? x[0] : x));
  return module.default(...inputs).map((x) => encode(typeof x === 'number' ? [x] : x));
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves modules with the type that browsers insist on."""

    extensions_map = {".mjs": "text/javascript", ".html": "text/html"}  # noqa: RUF012

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>modules</title>", encoding="utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def page(chromium, site):
    page = chromium.new_page()
    page.goto(site[1])
    yield page
    page.close()


@pytest.fixture
def in_browser(site, page):
    def run(program, *args):
        name = f"module{len(list(site[0].iterdir()))}"
        (site[0] / f"{name}.mjs").write_text(program.source, encoding="utf-8")
        packed = [{"hex": to_hex(a), "scalar": not i["shape"]} for a, i in zip(args, program.inputs, strict=True)]
        outputs = page.evaluate(_RUN, [name, packed, program.constants.hex()])
        return [from_hex(hex_).reshape(o["shape"]) for hex_, o in zip(outputs, program.outputs, strict=True)]

    return run


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_agree_with_node(node, in_browser, name):
    fn, args = FUNCTIONS[name]
    program = compile(fn, *args)
    for one, other in zip(in_browser(program, *args), node.open(program)(*args), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)


def exact(x):
    y = (x * 3 - 1) / (x * x + 0.1)
    stacked = torch.stack([y.floor(), y.round(), y.trunc(), y % 0.7, y.sqrt(), y.reciprocal(), y.clamp(-1, 1)])
    return stacked, stacked.cumsum(1), y @ y, stacked.amax(0), y.sign(), y.flip(0), (y > 0).sum(), y.argmax()


def test_exact_arithmetic_is_the_same_to_the_bit(node, in_browser, rng):
    x = np.concatenate([rng.normal(size=500) * 10.0 ** rng.integers(-9, 9, 500), [0.0, -0.0, 5e-324, 1e308]])
    program = compile(exact, x)
    for one, other in zip(in_browser(program, x), node.open(program)(x), strict=True):
        assert one.tobytes() == other.tobytes()


def special(x):
    return x.lgamma(), x.digamma(), x.erf(), x.erfc(), (x / 10).erfinv(), x.exp(), x.log(), x.sin(), x.tanh(), x.expm1()


def test_special_functions_agree_with_node(node, in_browser, rng):
    x = rng.uniform(0, 10, 500)
    program = compile(special, x)
    for one, other in zip(in_browser(program, x), node.open(program)(x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
