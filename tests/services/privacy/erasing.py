"""What the tests of erasure ask of a database: to erase somebody, and where an id is still to be found."""

from collections.abc import Iterator

from sqlalchemy import case, cast, func, select
from sqlalchemy.types import Text

from db.tables import Row
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.privacy.outcomes import StudentErased
from tests.service import ADMIN, Service


async def erase(service: Service, student_id: str, reason: str = "asked for by mail") -> Outcome:
    return await service.purchases.erase(ADMIN, student_id, reason)


async def erased(service: Service, student_id: str) -> StudentErased:
    """What was done; the student could be erased."""
    outcome = await erase(service, student_id)
    assert isinstance(outcome, StudentErased), outcome
    return outcome


def places(service: Service, text: str) -> list[str]:
    """The columns, by table, in which some row has a text anywhere: every column of every table is looked at."""
    return list(_places(service, text))


def _places(service: Service, text: str) -> Iterator[str]:
    with service.beside() as connection:
        for table in Row.metadata.sorted_tables:
            has = [case((cast(column, Text).contains(text, autoescape=True), 1)) for column in table.c]
            counts = connection.execute(select(*map(func.count, has)).select_from(table)).one()
            yield from (f"{table.name}.{column.name}" for column, count in zip(table.c, counts, strict=True) if count)
