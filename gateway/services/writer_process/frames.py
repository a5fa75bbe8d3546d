"""What crosses the line between a process and its writer's: frames of JSON, each with its length before it.

Calls go one way; answers, and news of what was committed, the other: many to a frame. Each is packed by itself as soon
as it is known, so that one that cannot be packed fails alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from gateway.services.changes.commits import Commit
from gateway.services.core.commands.every import Command
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.values import Course
from gateway.services.writer_process.shapes import Shapes

MOST_FRAME_BYTES = 16 * 1024 * 1024
"""Of one frame: a thousand large commands. Where more is announced, the other end is no gateway."""

LENGTH_BYTES = 4

_shapes = Shapes(shared=frozenset({Course, Metadata}))  # of which the outcomes of a turn have few that differ
_pack_command, _unpack_command = _shapes.of_union(Command)
_pack_outcome, _unpack_outcome = _shapes.of_union(Outcome)
_pack_commit, _unpack_commit = _shapes.of(Commit)
_pack_job, _unpack_job = _shapes.of(Job)

VERSION = f"3 {_shapes.version}"
"""Of the frames themselves, and of all that crosses in them."""

Part = TypeVar("Part")


class Unreadable(Exception):
    """What came over the line is no frame of ours, or one of another release."""


class TooLarge(Exception):
    """More than a frame holds; nothing of it was sent."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of a process: the version of its frames, and whether it runs jobs. It is answered in kind."""

    version: str
    runs_jobs: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Commands to be decided in one turn; without any, the writer looks whether it can write before it answers. The
    number is the caller's, and comes back with the answer."""

    number: int
    commands: Sequence[Command]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: an outcome for each of its commands, in their order."""

    number: int
    outcomes: list[Outcome]


@dataclass(frozen=True, slots=True)
class Failed:
    """A call of which a command raised: the name of the exception's type, which holds nobody's data. Without a name it
    was done, but its outcomes cannot be sent."""

    number: int
    kind: str


@dataclass(frozen=True, slots=True)
class Committed:
    """News of a commit, made by whichever process's commands. It is read only where somebody waits for it."""

    packed: Any

    def read(self) -> Commit:
        commit: Commit = _unpack_commit(self.packed)
        return commit


@dataclass(frozen=True, slots=True)
class Due:
    """News of jobs that were committed and wait for a runner: of each kind the one that is due first."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """News of whether the database takes what is written. Nobody is told at first while it does."""

    is_writing: bool


News = Answer | Failed | Committed | Due | Standing


def hello_frame(hello: Hello) -> bytes:
    return _framed(orjson.dumps([hello.version, hello.runs_jobs]))


def read_hello(body: bytes) -> Hello:
    """Raises: Unreadable."""
    match _parsed(body):
        case [str(version), bool(runs_jobs)]:
            return Hello(version, runs_jobs)
    raise Unreadable("the first frame names no version")


def packed_call(number: int, commands: Iterable[Command]) -> bytes:
    """Raises: TypeError, where a command holds what JSON cannot, such as half of a surrogate pair."""
    return orjson.dumps([number, [_pack_command(command) for command in commands]])


def packed_answer(number: int, outcomes: Iterable[Outcome]) -> bytes:
    """Raises: TypeError, likewise."""
    return orjson.dumps(["answer", number, [_pack_outcome(outcome) for outcome in outcomes]])


def packed_failure(number: int, kind: str) -> bytes:
    return orjson.dumps(["failed", number, kind])


def packed_commit(commit: Commit) -> bytes:
    return orjson.dumps(["committed", _pack_commit(commit)])


def packed_due(jobs: Iterable[Job]) -> bytes:
    """The first of each kind: a runner that looks for it finds the others."""
    first: dict[str, Job] = {}
    for job in jobs:
        if job.kind not in first or job.run_at < first[job.kind].run_at:
            first[job.kind] = job
    return orjson.dumps(["due", [_pack_job(job) for job in first.values()]])


def packed_standing(standing: Standing) -> bytes:
    return orjson.dumps(["standing", standing.is_writing])


def read_calls(body: bytes) -> list[Call]:
    """Raises: Unreadable."""
    return _read_all(body, _call)


def read_news(body: bytes) -> list[News]:
    """Raises: Unreadable."""
    return _read_all(body, _news)


def frames_of(parts: Iterable[bytes]) -> list[bytes]:
    """The frames that hold the parts, in their order: one, where they fit into one.

    Raises: TooLarge, see `check_size`.
    """
    parts = [*parts]
    if parts and sum(map(len, parts)) + len(parts) + 1 <= MOST_FRAME_BYTES:
        return [_framed_parts(parts)]
    frames: list[bytes] = []
    of_frame: list[bytes] = []
    size = 1
    for part in parts:
        check_size(part)
        if size + len(part) + 1 > MOST_FRAME_BYTES:
            frames.append(_framed_parts(of_frame))
            of_frame, size = [], 1
        of_frame.append(part)
        size += len(part) + 1
    return [*frames, _framed_parts(of_frame)] if of_frame else frames


def check_size(part: bytes) -> None:
    """Raises: TooLarge, where no frame holds the part."""
    if len(part) + 2 > MOST_FRAME_BYTES:
        raise TooLarge(f"{len(part)} bytes are more than a frame of {MOST_FRAME_BYTES}")


class FrameReader:
    """Cuts what comes over a line, piece by piece, into the bodies of its frames."""

    def __init__(self) -> None:
        self._unread = bytearray()

    def bodies(self, received: bytes) -> list[bytes]:
        """Those that are complete now, in their order.

        Raises: Unreadable, where a frame would be larger than any of ours.
        """
        unread = self._unread
        unread += received
        found: list[bytes] = []
        start = 0
        while len(unread) >= start + LENGTH_BYTES:
            length = int.from_bytes(unread[start : start + LENGTH_BYTES], "big")
            if length > MOST_FRAME_BYTES:
                raise Unreadable(f"a frame of {length} bytes is announced")
            end = start + LENGTH_BYTES + length
            if len(unread) < end:
                break
            found.append(bytes(unread[start + LENGTH_BYTES : end]))
            start = end
        del unread[:start]
        return found


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def _framed_parts(parts: Iterable[bytes]) -> bytes:
    return _framed(b"[" + b",".join(parts) + b"]")


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreadable("a frame is no JSON") from None


def _read_all(body: bytes, read: Callable[[Any], Part]) -> list[Part]:
    try:
        return [read(part) for part in _parsed(body)]
    except (TypeError, ValueError, LookupError, AttributeError) as error:  # all that a generated function raises
        raise Unreadable(f"a part of a frame cannot be read: {type(error).__name__}") from None


def _call(part: Any) -> Call:
    number, commands = part
    return Call(number, [_unpack_command(command) for command in commands])


def _news(part: Any) -> News:
    match part:
        case ["answer", number, outcomes]:
            return Answer(number, [_unpack_outcome(outcome) for outcome in outcomes])
        case ["failed", int(number), str(kind)]:
            return Failed(number, kind)
        case ["committed", packed]:
            return Committed(packed)
        case ["due", jobs]:
            return Due(tuple(map(_unpack_job, jobs)))
        case ["standing", bool(is_writing)]:
            return Standing(is_writing)
    raise ValueError("a part of no kind")
