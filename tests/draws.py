"""How many examples a property is tried with."""

import os

TIMES = int(os.environ.get("DRAWS", "1"))


def many(everyday: int) -> int:
    """So many in an everyday run, and as many times more as `DRAWS` says: `make draws` takes ten."""
    return everyday * TIMES
