"""What is remembered from one connection to the next to an SQLite file."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.files import FileLost
from db.guard import Guard


def test_a_file_that_goes_while_it_is_opened_is_a_lost_one(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    with closing(sqlite3.connect(path)) as connection:

        def fetch(sql: str) -> Sequence[Sequence[Any]]:
            rows = connection.execute(sql).fetchall()
            path.unlink(missing_ok=True)
            return rows

        with pytest.raises(FileLost, match="is no longer there"):
            Guard(path).opened(fetch)
