"""The gateway under test, what is tried with it, and how that is told: a line each. Standard library only, for every
venv runs it."""

import json
import os
import traceback
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.served.operations import COURSE, METADATA, SAVE_COURSE

URL = os.environ["GATEWAY_URL"]
STUDENT_TOKEN, ADMIN_TOKEN = os.environ["STUDENT_TOKEN"], os.environ["ADMIN_TOKEN"]
TRIAL_S = 20


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def ask(token: str, query: str, **variables: object) -> dict[str, Any]:
    """A plain request, for what stands around the client's own."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", **bearer(token)}
    with urllib.request.urlopen(urllib.request.Request(URL, body, headers), timeout=TRIAL_S) as response:
        answer = json.load(response)
    assert "errors" not in answer, answer["errors"]
    data: dict[str, Any] = answer["data"]
    return data


def new_course() -> str:
    """The id of a course that nobody has bought."""
    course_id: str = ask(ADMIN_TOKEN, SAVE_COURSE, input=COURSE)["saveCourse"]["course"]["id"]
    return course_id


def payment_input(course_id: str) -> Mapping[str, object]:
    return {"courseId": course_id, "tier": "STANDARD", "metadata": METADATA}


class Trials:
    """What was tried, and whether all of it went well."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self.has_failed = False

    async def tried(self, what: str, trial: Callable[[], Awaitable[None]]) -> None:
        try:
            await trial()
        except Exception:  # noqa: BLE001  whatever it is, it is told and the next is tried
            traceback.print_exc()
            self.tell(what, is_well=False)
        else:
            self.tell(what, is_well=True)

    def tell(self, what: str, *, is_well: bool) -> None:
        self.has_failed |= not is_well
        print(f"{'ok' if is_well else 'failed'} {self._tool}: {what}", flush=True)
