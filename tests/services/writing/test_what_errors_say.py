"""What an error of the database says: in which statement, and not whose row it was. It may be logged."""

import traceback
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.service import running

pytestmark = pytest.mark.anyio

AMY = "amy-lovelace-1815"
REFUSED = {
    "its row": f"ALTER TABLE purchase ADD CONSTRAINT no_amy CHECK (student_id <> '{AMY}')",
    "its key": "ALTER TABLE purchase ADD CONSTRAINT known FOREIGN KEY (student_id) REFERENCES known (student_id)",
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_a_server_refuses_is_not_quoted(new_postgresql: Callable[[], str], what: str) -> None:
    async with running(new_postgresql()) as service:
        course = await service.save_course()
        with service.beside() as connection:
            connection.execute(text("CREATE TABLE known (student_id text PRIMARY KEY)"))
            connection.execute(text(REFUSED[what]))
        with pytest.raises(DBAPIError, match="violates") as raised:
            await service.create(course, AMY)
        assert AMY not in "".join(traceback.format_exception(raised.value))


async def test_a_read_that_a_server_refuses_is_not_quoted(new_postgresql: Callable[[], str]) -> None:
    async with running(new_postgresql()) as service:
        with service.beside() as connection:
            connection.execute(text(_QUOTES))
        with pytest.raises(DBAPIError, match="that cannot be read") as raised:
            await service.source.fetch("SELECT quoting()")
        assert AMY not in "".join(traceback.format_exception(raised.value))


_QUOTES = f"""CREATE FUNCTION quoting() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'that cannot be read' USING DETAIL = 'Key (student_id)=({AMY})';
END $$"""
