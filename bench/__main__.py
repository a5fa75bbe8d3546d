"""What `make bench` runs."""

import sys

from bench.cli import app

if __name__ == "__main__":
    sys.exit(app())
