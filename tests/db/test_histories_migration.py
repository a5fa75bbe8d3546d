"""From which payment on histories are whole is noted when that can be seen, and never guessed."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from db.engine import writer_engine
from db.statements import AUDIT, PAYMENT, table_of
from db.tables import CourseRow, InstallationRow
from tests.db.examples import COURSE, NOW, OPENED
from tests.db.test_scheduling_migration import migrate

INSTALLATION = table_of(InstallationRow)
ENTRY = {"at": NOW, "actor_id": "student-1", "actor_role": "STUDENT", "changes": {}}


@pytest.mark.parametrize(
    ("payments", "told", "noted"),
    [
        ((), (), UUID(int=0)),
        ((1, 2), (1, 2), UUID(int=0)),
        ((1, 2, 3), (2, 3), UUID(int=2)),
        ((1, 2), (), None),
    ],
    ids=["no payments yet", "all are told", "some are older", "none is told"],
)
def test_histories_are_whole_from_the_first_payment_that_has_one(
    database_url: str, payments: tuple[int, ...], told: tuple[int, ...], noted: UUID | None
) -> None:
    migrate(database_url, down_to="0008")
    engine = writer_engine(database_url)
    with engine.begin() as connection:
        connection.execute(insert(table_of(CourseRow)), {"id": COURSE, "title": "Yoga", "created_at": NOW})
        for number in payments:
            connection.execute(insert(PAYMENT), row(number))
        for number in told:
            entry = {**ENTRY, "subject_id": UUID(int=number), "id": UUID(int=number), "action": "payment.opened"}
            connection.execute(insert(AUDIT), entry)
    migrate(database_url)
    with engine.connect() as connection:
        assert connection.execute(select(INSTALLATION.c.histories_from)).scalar_one() == noted
    engine.dispose()
    migrate(database_url, down_to="0008")
    migrate(database_url)


def row(number: int) -> dict[str, Any]:
    return {**OPENED, "id": UUID(int=number), "reference": f"sbx_{number}"}
