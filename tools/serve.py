"""Serve the built pages to a browser on this machine."""

import errno
import http.server
import socket
import sys
from functools import partial

from tools.failures import Stop

HOST = "127.0.0.1"
TRIED = 100  # ports looked at after the wanted one


class Pages(http.server.SimpleHTTPRequestHandler):
    """Files of the built book, fresh at each reload and with no line a request."""

    # Set here, for Python otherwise asks the machine's own tables, where modules may have no type that browsers accept.
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".css": "text/css",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
    }

    def end_headers(self):
        """Ask the browser to check for a newer page each time: the next build may have one."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_):
        """Keep the terminal for the address."""


class Server(http.server.ThreadingHTTPServer):
    """A server that shrugs when a browser leaves in the middle of a page."""

    def handle_error(self, request, client_address):
        """Stay silent about broken connections only."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def wanted_port(text, default=8000):
    """Read PORT=, or take the default."""
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Stop(f"PORT={text} is no port: give a number from 1 to 65535.")
    return int(text)


def answers(port):
    """Tell whether somebody serves this port already (some systems let a second server bind it all the same)."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def server(folder, wanted):
    """Return a server of `folder` on the wanted port or the next free one."""
    handler = partial(Pages, directory=str(folder))
    for port in range(wanted, min(wanted + TRIED, 65536)):
        if answers(port):
            continue
        try:
            return Server((HOST, port), handler)
        except PermissionError:
            raise Stop(f"The system does not let you serve on port {port}: take one above 1023 by PORT=.") from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise Stop(f"No free port from {wanted} on: name another by PORT=.")


def forever(folder, wanted):
    """Serve `folder`, say where, and end quietly on Ctrl-C."""
    with server(folder, wanted) as pages:
        port = pages.server_port
        if port != wanted:
            print(f"Port {wanted} is busy: taking {port}.")
        print(f"The book is at http://{HOST}:{port}/ (Ctrl-C ends)", flush=True)
        try:
            pages.serve_forever()
        except KeyboardInterrupt:
            print()
