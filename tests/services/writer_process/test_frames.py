"""What crosses between a process and its writer's is the same on the other side; what is no frame is refused."""

import types
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.services.changes.commits import Changed, Commit
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.overview.changed import ChangedKind
from gateway.services.writer_process import frames
from gateway.services.writer_process.frames import (
    VERSION,
    Answer,
    Call,
    Committed,
    Due,
    Failed,
    FrameReader,
    Hello,
    TooLarge,
    Unreadable,
    frames_of,
    hello_frame,
    packed_answer,
    packed_call,
    packed_commit,
    packed_due,
    packed_failure,
    read_calls,
    read_hello,
    read_news,
)
from tests.service import ADMIN, TIERS
from tests.services.core.model.test_process_border import COMMANDS, JOB, OUTCOMES

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.just(UTC) | OFFSETS),
    date: st.dates(),
    time: st.times(),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def drawn(hint: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a type, by its fields; an outcome within an outcome within another is deep enough."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        kinds = [kind for kind in arguments if depth < 3 or "settled" not in getattr(kind, "__slots__", ())]
        return st.one_of(*(st.none() if kind is types.NoneType else drawn(kind, depth + 1) for kind in kinds))
    if origin is tuple:
        return st.lists(drawn(arguments[0], depth), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(), JSON, max_size=3)
    if hint in PLAIN:
        return PLAIN[hint]
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert is_dataclass(hint), hint
    build: Any = hint
    hints = get_type_hints(hint)
    of_fields = {each.name: drawn(hints[each.name], depth) for each in fields(hint)}
    return st.builds(build, **of_fields)


EVERY = [*get_args(Command), *get_args(Outcome)]


def read(packed: bytes) -> Any:
    """The one part of one frame, as the other side reads it."""
    [frame] = frames_of([packed])
    [body] = FrameReader().bodies(frame)
    is_call = body.startswith(b"[[1,")
    [part] = read_calls(body) if is_call else read_news(body)
    return part


def same(one: object, other: object) -> bool:
    """Equal in every field, those included that two outcomes may differ in and still be equal."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if not is_dataclass(one):
        return one == other
    return type(one) is type(other) and all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_command_and_outcome_is_the_same_on_the_other_side(kind: type) -> None:
    @given(drawn(kind))
    @settings(max_examples=10, phases=[Phase.generate])
    def crosses(value: Any) -> None:
        part = read(packed_call(1, [value]) if kind in get_args(Command) else packed_answer(1, [value]))
        [crossed] = part.commands if isinstance(part, Call) else part.outcomes
        assert crossed == value
        assert same(crossed, value)
        assert hash(crossed) == hash(value)

    crosses()


def test_many_calls_and_answers_share_a_frame_and_keep_their_order() -> None:
    calls = [Call(number, [command]) for number, command in enumerate(COMMANDS, 1)]
    [frame] = frames_of(packed_call(call.number, call.commands) for call in calls)
    assert [*map(read_calls, FrameReader().bodies(frame))] == [calls]
    answers = [Answer(1, [*OUTCOMES]), Failed(2, "IntegrityError"), Answer(3, [])]
    [frame] = frames_of(
        [
            packed_answer(1, OUTCOMES),
            packed_failure(2, "IntegrityError"),
            packed_answer(3, []),
        ]
    )
    assert [*map(read_news, FrameReader().bodies(frame))] == [answers]


def test_news_of_a_commit_and_of_jobs_cross_as_well() -> None:
    one = UUID(int=1)
    commit = Commit(one, (UUID(int=2),), (Changed(UUID(int=3), "student-1", UUID(int=4)),), (ChangedKind.JOB,))
    committed = read(packed_commit(commit))
    assert isinstance(committed, Committed)
    assert committed.read() == commit
    later = [JOB.run_at + timedelta(days=days) for days in (2, 1)]
    jobs = [Job(one, kind, one, at, at) for kind in (JobKind.SWEEP_OPEN, JobKind.PAYMENT_CHECK) for at in later]
    assert read(packed_due(jobs)) == Due((jobs[1], jobs[3]))  # of each kind the first


def test_a_command_that_json_cannot_hold_fails_before_it_is_sent() -> None:
    with pytest.raises(TypeError):
        packed_call(1, [SaveCourse(ADMIN, UUID(int=1), True, "\ud800", TIERS)])


def test_frames_come_out_of_pieces_of_any_size() -> None:
    sent = [b"[1]", b"", b"[" + b"2," * 1000 + b"3]"]
    line = b"".join(len(body).to_bytes(4, "big") + body for body in sent)
    for size in (1, 2, 3, 5, 7, 1000, len(line)):
        reader = FrameReader()
        pieces = [line[start : start + size] for start in range(0, len(line), size)]
        assert [body for piece in pieces for body in reader.bodies(piece)] == sent


def test_a_frame_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_FRAME_BYTES", 10)
    assert [frame[4:] for frame in frames_of([b"111", b"222", b"33333333", b"4"])] == [
        b"[111,222]",
        b"[33333333]",
        b"[4]",
    ]
    with pytest.raises(TooLarge, match="9 bytes are more"):
        [*frames_of([b"999999999"])]
    with pytest.raises(Unreadable, match="a frame of 11 bytes"):
        FrameReader().bodies((11).to_bytes(4, "big"))


def test_the_first_frame_names_the_version() -> None:
    [body] = FrameReader().bodies(hello_frame(Hello(VERSION, runs_jobs=True)))
    assert read_hello(body) == Hello(VERSION, runs_jobs=True)
    for other in (b"[]", b"{", b'["1"]', b"[1,true]", b"GET / HTTP/1.1"):
        with pytest.raises(Unreadable):
            read_hello(other)


CALL = packed_call(1, [COMMANDS[0]])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"7",
        b"[7]",
        b"[[1]]",
        b"[[1,[7]]]",
        b'[[1,[["Nothing",[]]]]]',
        b'[[1,[["EndJob",[]]]]]',
        CALL[:-1],
    ],
)
def test_what_is_no_call_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_calls(body)


@pytest.mark.parametrize(
    "part",
    [[], [1, []], ["answer", 1], ["answer", 1, [["Opened", [1]]]], ["failed", 1, "?", ""], ["due", 1], ["other"]],
)
def test_what_is_no_news_is_refused(part: object) -> None:
    with pytest.raises(Unreadable):
        read_news(orjson.dumps([part]))
