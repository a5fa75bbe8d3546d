"""What these tests share."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def _unlogged() -> Iterator[None]:
    """Thousands of failures are asked for here, and to write each one's traceback takes longer than all else."""
    with capture_logs():
        yield
