"""What the API answers, in words for a terminal: whatever it is, by the shape of the answer."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.services.core.model.currencies import in_whole_units

Answer = Mapping[str, Any]

INDENT = "  "
HISTORY = "history"
WHOLE_PAGES = frozenset({"history", "purchases", "payments", "refunds"})


def described(answer: Answer, kind: str) -> Iterator[str]:
    """Lines that say all of a thing: its fields, what belongs to it, and its timeline at the end."""
    yield f"{kind} {answer['id']}"
    later = {name: value for name, value in answer.items() if _is_list(value) or _is_thing(value)}
    yield from _fields({name: value for name, value in answer.items() if name not in later and name != "id"})
    for name, value in sorted(later.items(), key=lambda each: each[0] == HISTORY):
        yield ""
        yield from _part(name, value)


def money(amount: Mapping[str, Any]) -> str:
    """In whole units: `4,999.00 INR`."""
    return f"{whole_units(amount['amountMinor'], amount['currency'])} {amount['currency']}"


def whole_units(minor: int, currency: str) -> str:
    return in_whole_units(minor, currency) or str(minor)


def in_brief(value: Any) -> str:
    """A value in a few words."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case {"amountMinor": int(), "currency": str()}:
            return money(value)
        case {"sessionsUsed": int(used), "sessionsTotal": int(total), "status": str(status), "expiresAt": expires}:
            ends = f" until {_shown(expires)}" if expires else ""
            return f"{status}{ends}, {used} of {total} sessions used"
        case {"number": int(number), "isUsed": bool(is_used), "record": record, "startsAt": starts}:
            return f"{number:>2}  {f'due {_shown(starts)}' if starts else 'not due'}{_of_session(record, is_used)}"
        case {"start": str(start), "timeZone": str(time_zone), **more}:
            return f"{start}–{more['end']} {time_zone}" if more.get("end") else f"{start} {time_zone}"
        case {"title": str(title), "id": str(key)}:
            return f"{title} ({key})"
        case {"code": str(code), "message": str(message)}:
            return f"{code}: {message}"
        case {"id": str(key), **rest}:
            return " ".join([key, *(str(each) for each in rest.values() if isinstance(each, str))])
        case {"key": str(key), "value": str(text)}:
            return f"{key}={text}"
        case list():
            return ", ".join(map(in_brief, value)) or "none"
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return _shown(str(value))


def _fields(answer: Answer) -> Iterator[str]:
    """One line each; those that say nothing are left out."""
    said = {_label(name): in_brief(value) for name, value in answer.items() if value is not None}
    width = max(map(len, said), default=0)
    yield from (f"{INDENT}{label:{width}}  {text}" for label, text in said.items())


def _part(name: str, value: Any) -> Iterator[str]:
    page = value.get("pageInfo") if isinstance(value, Mapping) else None
    items = value["nodes"] if page is not None else value
    if name == HISTORY:
        yield "timeline"
        yield from _timeline(items)
    elif isinstance(items, Mapping):
        yield from described(items, _label(name)) if "id" in items else (_label(name), *_fields(items))
    else:
        yield _label(name) if items else f"{_label(name)}: none"
        yield from _rows(items)
    if page is not None and any(page.values()):
        yield f"{INDENT}… and more; --json says so by `pageInfo`, and the API has the next page"


def _rows(items: Sequence[Answer]) -> Iterator[str]:
    for item in items:
        if "number" in item:
            yield INDENT + in_brief(item)
            continue
        known = [in_brief(value) for name, value in item.items() if value is not None and name not in WHOLE_PAGES]
        yield INDENT + " · ".join(known)


def _of_session(record: Answer | None, is_used: bool) -> str:
    if record is None:
        return ", used" if is_used else ""
    return f", held {_shown(record['heldAt'])}, as {record['recordedBy']['id']} recorded"


def _timeline(entries: Sequence[Answer]) -> Iterator[str]:
    """The earliest first, as a story is told."""
    is_latest_first = any("subject" in entry for entry in entries)  # as a student's history is, of many things
    for entry in reversed(entries) if is_latest_first else entries:
        who = entry["actor"]["id"]
        about = (entry.get("subject") or {}).get("id")
        yield f"{INDENT}{_shown(entry['at'])}  {entry['action']}  by {who}{f'  on {about}' if about else ''}"
        if entry["reason"]:
            yield f"{INDENT * 3}{_plain(entry['reason'])}"
        if entry["changes"]:
            yield f"{INDENT * 3}{_changes(entry['changes'])}"


def _changes(changes: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {in_brief(value[0])} → {in_brief(value[1])}"
        if isinstance(value, list) and len(value) == 2
        else f"{name} {in_brief(value)}"
        for name, value in changes.items()
    )


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, list) and any(isinstance(each, dict) and {"id", "number"} & each.keys() for each in value)
    ) or (isinstance(value, dict) and "pageInfo" in value)


def _is_thing(value: Any) -> bool:
    """Whether it needs lines of its own."""
    if not isinstance(value, dict) or {"amountMinor", "start", "title", "code"} & value.keys():
        return False
    return len(value) > 3


def _label(name: str) -> str:
    """`amountCaptured` as words."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda found: f" {found[0].lower()}", name)


def _shown(text: str) -> str:
    """An instant as people read one; any other text as one line."""
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text, re.ASCII):
        return f"{text[:10]} {text[11:19]}Z"
    return _plain(text)


def _plain(text: str) -> str:
    """Without what would move the cursor or colour the terminal: a student chose some of it."""
    return "".join(each if each.isprintable() else " " for each in text)
