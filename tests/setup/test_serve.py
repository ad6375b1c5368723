"""Serving the built book."""

import socket
import threading
import urllib.request

import pytest
from tools import serve
from tools.failures import Stop


@pytest.fixture
def busy():
    """Return a port that somebody else serves."""
    with socket.create_server((serve.HOST, 0)) as other:
        yield other.getsockname()[1]


def test_a_busy_port_is_stepped_over(tmp_path, busy):
    with serve.server(tmp_path, busy) as pages:
        assert busy < pages.server_port < busy + serve.TRIED


def test_a_free_port_is_taken_as_asked(tmp_path):
    with socket.create_server((serve.HOST, 0)) as other:
        port = other.getsockname()[1]
    with serve.server(tmp_path, port) as pages:
        assert pages.server_port == port


def test_the_step_is_said_and_ctrl_c_ends_quietly(tmp_path, busy, capsys, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(serve.Server, "serve_forever", interrupted)
    serve.forever(tmp_path, busy)
    said = capsys.readouterr()
    assert said.out.startswith(f"Port {busy} is busy: taking ")
    assert f"The book is at http://{serve.HOST}:" in said.out
    assert said.err == ""


def test_pages_come_fresh_and_modules_with_their_type(tmp_path, capfd):
    (tmp_path / "index.html").write_text("<p>Hello</p>")
    (tmp_path / "figure.js").write_text("export default 1")
    with serve.server(tmp_path, 8000) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        try:
            address = f"http://{serve.HOST}:{pages.server_port}"
            with urllib.request.urlopen(f"{address}/") as page:
                assert page.read() == b"<p>Hello</p>"
                assert page.headers["Cache-Control"] == "no-cache"
            with urllib.request.urlopen(f"{address}/figure.js") as script:
                assert script.headers["Content-Type"] == "text/javascript"
        finally:
            pages.shutdown()
            thread.join()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["no", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused_in_a_sentence(text):
    with pytest.raises(Stop, match="is no port"):
        serve.wanted_port(text)


def test_the_port_can_be_chosen():
    assert serve.wanted_port("8123") == 8123
    assert serve.wanted_port("") == 8000
    assert serve.wanted_port(None, default=8888) == 8888
