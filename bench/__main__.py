"""What `make bench` runs."""

import signal
import sys

from bench.cli import app

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped, and folders removed
    app()
