"""Threads of SQLite connections end before whoever asked goes on."""

import asyncio
import threading
from pathlib import Path

import pytest

from db.last_sweep import last_sweep
from db.readers import open_reader


def alive() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if "_connection_worker_thread" in each.name]


@pytest.mark.filterwarnings("error")
def test_a_connection_that_cannot_be_opened_leaves_nothing_to_say_to_a_closed_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    url = f"sqlite:///{tmp_path / 'none.db'}"
    for _ in range(200):
        with pytest.raises(Exception, match="unable to open"):
            asyncio.run(read(url))
        assert asyncio.run(last_sweep(url)) is None
    for each in alive():
        each.join()
    assert told == []


async def read(url: str) -> None:
    await open_reader(url)
