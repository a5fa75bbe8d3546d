"""The command line in the tests' own process: as a process of its own it takes a second to start."""

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import create_engine, make_url

from gateway.cli import main
from tests.served.inside import logging_as_before
from tests.served.server import environment


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: object
    out: str
    err: str


def gateway(*arguments: str, env: Mapping[str, str]) -> Said:
    """What a command says. It may not serve: one that forgets to refuse would not end. A developer's own `.env` is not
    read, unless the environment leaves its name empty."""
    printed, err = BytesIO(), StringIO()
    out = TextIOWrapper(printed, encoding="utf-8", newline="", write_through=True)  # some write bytes to it
    env = {"GATEWAY_ENV_FILE": os.devnull, **env}
    with (
        patch.dict(os.environ, env, clear=True),
        patch.object(sys, "argv", ["gateway", *arguments]),
        patch("uvicorn.Server.run", _serves),
        logging_as_before(),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main.main()
    return Said(ended.value.code, printed.getvalue().decode(), err.getvalue())


def on_sqlite(folder: Path, **settings: str) -> dict[str, str]:
    """An environment with a database that nobody has made yet."""
    return environment(f"sqlite:///{folder / 'gateway.db'}", **settings)


def empty_beside(url: str) -> str:
    """The URL of a new PostgreSQL database without tables, on the same server as another."""
    name = f"{make_url(url).database}_empty"
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _serves(*_: object, **__: object) -> None:
    pytest.fail("it serves")
