"""What the README and the pages beside it show is what happens: their examples are sent to a server, in their order."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx

from gateway.settings.loading import describe
from tests.served.server import Server, serving

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/paying.md", "docs/granting.md", "docs/running.md")
TEXT = "".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```graphql\n(.*?)```\n```json\n(.*?)```", re.DOTALL)
STREAM = re.compile(r"<!-- stream -->\n```sh\n.*?-d '(.*?)'\n```\n```text\n(.*?)```", re.DOTALL)
ID = re.compile(r"(pay|pur)_[0-9a-hjkmnp-tv-z]{26}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_each_example_answers_as_its_page_says(new_sqlite: Callable[[], str]) -> None:
    examples = EXAMPLE.findall(TEXT)
    assert len(examples) == 7
    ours: dict[str, str] = {}
    with serving(new_sqlite(), "--demo") as server:
        callers = {"student": server.student("demo-student"), "admin": server.admin("demo-admin")}
        for caller, query, shown in examples:
            answer = json.dumps(callers[caller].ask(_with_ids(query, ours)))
            ours |= dict(zip(_ids(shown), _ids(answer), strict=True))
            assert _without_what_differs(answer) == _without_what_differs(shown)
        _assert_streamed(server, ours)


def test_the_settings_are_those_that_there_are() -> None:
    table = SETTINGS.split("<!-- /settings -->")[0].split("<!-- settings")[1]
    rows = [f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |" for name, default, meaning in describe()]
    assert table.splitlines()[3:] == rows


def _assert_streamed(server: Server, ours: dict[str, str]) -> None:
    """The payment of the first examples is told as the page shows it."""
    [(body, shown)] = STREAM.findall(TEXT)
    headers = {
        **server.student("demo-student").headers(),
        "Accept": "text/event-stream",
        "Content-Type": "application/json",
    }
    with httpx.stream("POST", server.url, content=_with_ids(body, ours), headers=headers) as answer:
        lines = answer.iter_lines()
        assert [next(lines), next(lines)] == _with_ids(shown, ours).splitlines()


def _with_ids(text: str, ours: dict[str, str]) -> str:
    return ID.sub(lambda found: ours[found[0]], text)


def _ids(text: str) -> list[str]:
    return [found[0] for found in ID.finditer(text)]


def _without_what_differs(text: str) -> object:
    return json.loads(INSTANT.sub("an instant", ID.sub("an id", text)))
