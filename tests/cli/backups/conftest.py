"""A database file of a test's own, which processes open."""

from pathlib import Path

import pytest

from db.migrate import upgrade


@pytest.fixture
def url(tmp_path: Path, process: None) -> str:
    upgrade(url := f"sqlite:///{tmp_path / 'gateway.db'}")
    return url
