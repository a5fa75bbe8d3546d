"""The old door of a running gateway, as the tests knock at it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
import pytest
from sqlmodel import select

from db.tables import AuditEntryRow
from gateway.endpoints.rest import PATH
from gateway.schema.conventions import ids
from tests.beside import beside
from tests.served.operations import COURSE, SAVE_COURSE
from tests.served.server import Caller, Server, serving

LOOSE = {"isSundayOnly": "true", "sessionDuration": "60", "timeSlot": "5:30 PM - 6:30 PM"}
numbers = count(1)


class Door:
    """The old route of a running gateway, with a course to buy."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url.removesuffix("/graphql") + PATH
        saved = server.admin().data(SAVE_COURSE, input=COURSE)["saveCourse"]
        self.course: str = saved["course"]["id"]

    def body(self, **changes: object) -> dict[str, object]:
        """An old caller's body, for a student of its own unless one is named."""
        student = f"student-{next(numbers)}"
        body = {"studentId": student, "courseId": self.course, "purchaseTier": "BASIC", "metadata": LOOSE}
        return body | changes

    def post(
        self, body: object = None, caller: Caller | None = None, content: bytes | None = None, **headers: str
    ) -> httpx.Response:
        caller = caller or self.server.service()
        sent = json.dumps(body).encode() if content is None else content
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"Content-Type": "application/json"} | caller.headers() | named
        answer = httpx.post(self.url, content=sent, headers=named, timeout=30)
        assert answer.headers["content-type"] == "application/json"
        envelope = answer.json()
        assert (envelope["statusCode"], envelope["success"]) == (answer.status_code, answer.is_success)
        return answer

    def refused(self, status: int, body: object, **headers: str) -> dict[str, Any]:
        answer = self.post(body, **headers)  # type: ignore[arg-type]  # headers are texts
        assert answer.status_code == status, answer.text
        envelope: dict[str, Any] = answer.json()
        return envelope

    def audited(self, purchase_id: str) -> list[tuple[str, str | None]]:
        """Whose acts upon a purchase are in the books, and why."""
        subject_id = ids.from_text(ids.PURCHASE, purchase_id)
        wanted = select(AuditEntryRow.actor_id, AuditEntryRow.reason).where(AuditEntryRow.subject_id == subject_id)
        with beside(self.server.settings.database_url) as connection:
            found = connection.execute(wanted).all()
        return [(actor_id, reason) for actor_id, reason in found]


@contextmanager
def opened(request: pytest.FixtureRequest) -> Iterator[Door]:
    """The door of a gateway on a database of the kind that the fixture's parameter names."""
    with serving(request.getfixturevalue(f"new_{request.param}")()) as server:
        yield Door(server)
