"""A subscription of a student who is erased while it is open."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from gateway.schema.conventions import ids
from gateway.services.changes.commits import Changed, Commit
from gateway.services.core.model.values import Role
from tests.resolvers.test_erasure import ERASE
from tests.served.gateway import creating, revoking
from tests.served.inside import inside
from tests.served.operations import COURSE, CREATE_PURCHASE, REVOKE_PURCHASE, SAVE_COURSE
from tests.served.streams import PURCHASES
from tests.streaming.test_streams_inside import posted

pytestmark = pytest.mark.anyio

WHO = "STUDENT-1"


async def test_late_news_of_an_erased_student_does_not_tell_who_they_are_now(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), worker="false") as gateway:

        async def did(operation: str, **given: object) -> dict[str, Any]:
            [answer] = (await gateway.ask(operation, Role.ADMIN, input=given)).json()["data"].values()
            assert isinstance(answer, dict)
            return answer

        course = (await did(SAVE_COURSE, **COURSE))["course"]["id"]
        before = (await did(CREATE_PURCHASE, **creating(course, WHO)))["purchase"]["id"]
        async with posted(gateway, PURCHASES, {}) as line:
            running = asyncio.create_task(line.run())
            while before.encode() not in (await line.outgoing.get()).get("body", b""):
                pass
            await did(REVOKE_PURCHASE, **revoking(before))
            while b"REVOKED" not in (await line.outgoing.get()).get("body", b""):
                pass
            done = (await gateway.ask(ERASE, Role.ADMIN, input={"studentId": WHO, "reason": "a test"})).json()
            assert done["data"]["eraseStudent"]["__typename"] == "EraseStudentSuccess"
            key, course_key = ids.from_text(ids.PURCHASE, before), ids.from_text(ids.COURSE, course)
            assert key is not None
            assert course_key is not None
            gateway.services.live.hub.publish(Commit(uuid7(), (), (Changed(key, WHO, course_key),)))
            after = (await did(CREATE_PURCHASE, **creating(course, WHO)))["purchase"]["id"]
            said = b""
            while after.encode() not in said:
                said += (await line.outgoing.get()).get("body", b"")
            assert b"erased-" not in said
            line.incoming.put_nowait({"type": "http.disconnect"})
            await running
