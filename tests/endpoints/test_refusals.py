"""Every refusal at the rim, byte for byte: `refusals.txt` has each answer, and under it the requests that get it.

An answer that changes on purpose is written anew by `REWRITE_REFUSALS=1 pytest tests/endpoints/test_refusals.py`.
"""

import asyncio
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import Message

from gateway.auth.minting import mint_token
from gateway.http.telemetry import configure_logging
from gateway.services.core.model.outcomes import Busy
from tests.endpoints.refused_calls import HOUSES, TIGHT, WHO, Call
from tests.served.inside import Inside, inside, logging_as_before

pytestmark = pytest.mark.anyio

TRANSCRIPT = Path(__file__).with_name("refusals.txt")


async def answer_to(gateway: Inside, call: Call) -> str:
    """Status, headers and body in one line, without what is another each time."""
    sent: list[Message] = []
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": call.ends != "whole" or chunk is not call.body[-1]}
        for chunk in call.body
    ]

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        if call.ends != "hung up":
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async with asyncio.timeout(20):
        await gateway.app(_scope(gateway, call), receive, send)
    start, *parts = sent
    headers = sorted(f"{name.decode().lower()}: {value.decode('latin-1')}" for name, value in start["headers"])
    body = b"".join(part.get("body", b"") for part in parts).decode()
    if start["status"] == 200 and "text/html" in dict(each.split(": ", 1) for each in headers).get("content-type", ""):
        body = "the page"  # which is as long as what it offers
        headers = [each for each in headers if not each.startswith("content-length")]
    line = f"{start['status']} {'; '.join(headers)} {body!r}"
    return re.sub(r"\b[0-9a-f]{32}\b|nonce-[\w-]+", "…", line)


def _scope(gateway: Inside, call: Call) -> dict[str, object]:
    given = [(name, value) for name, values in call.headers for value in values.split("|") if value]
    if call.role is not None:
        token = mint_token(gateway.settings, role=call.role, subject="somebody", ttl_s=3600)
        given.append(("authorization", f"Bearer {token}"))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": call.path,
        "raw_path": call.path.encode(),
        "root_path": "",
        "query_string": call.query.encode(),
        "headers": [
            (name.encode(), value.encode())
            for name, value in [("host", "127.0.0.1"), ("x-request-id", "asked"), *given]
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


def _changed(name: str, gateway: Inside) -> None:
    """What cannot be set: services that fail, or that are busy."""
    services = gateway.app.state.services

    async def busy(*_: object) -> Busy:
        return Busy(2)

    if name == "a broken house":
        gateway.app.state.services = None
    if name == "a busy house":
        gateway.app.state.services = replace(services, purchases=replace(services.purchases, write=busy))


async def transcript_of(name: str, database_url: str, documents: Path) -> str:
    settings, calls = HOUSES[name]
    settings = {**TIGHT, **settings}
    if "only_trusted_documents" in settings:
        settings["trusted_documents"] = str(documents)
    answers: dict[str, list[str]] = {}
    async with inside(database_url, **settings) as gateway:
        configure_logging(gateway.settings)
        _changed(name, gateway)
        for call in calls():
            answers.setdefault(await answer_to(gateway, call), []).append(str(call))
    told = [f"# {name}\n"]
    for answer, asked in answers.items():
        told.append("\n".join([answer, *(f"    {each}" for each in asked)]) + "\n")
    return "\n".join(told)


def kept() -> dict[str, str]:
    """The transcript's parts by their names."""
    parts = TRANSCRIPT.read_text(encoding="utf-8").split("\n# ") if TRANSCRIPT.exists() else []
    whole = ["# " + part.removeprefix("# ") for part in parts]
    return {part.partition("\n")[0].removeprefix("# "): part.rstrip("\n") for part in whole}


@pytest.mark.parametrize("name", HOUSES)
async def test_each_refusal_is_what_it_was(name: str, new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    documents = tmp_path / "documents.json"
    documents.write_text(json.dumps({"1": WHO}))
    with logging_as_before():
        told = (await transcript_of(name, new_sqlite(), documents)).rstrip("\n")
    if "REWRITE_REFUSALS" in os.environ:
        parts: Sequence[str] = [told if each == name else kept().get(each, "") for each in HOUSES]
        TRANSCRIPT.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
    assert told.splitlines() == kept()[name].splitlines()
