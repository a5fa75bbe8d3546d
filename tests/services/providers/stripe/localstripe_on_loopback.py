"""Starts localstripe on a free port of 127.0.0.1, prints the port, and keeps nothing on the disk.

Its own command line listens on every interface, and writes what it is told to /tmp.
"""

import socket

from aiohttp import web
from localstripe.resources import store
from localstripe.server import app

if __name__ == "__main__":
    store.dump_to_disk = lambda: None
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    web.run_app(app, sock=listening, print=None)
