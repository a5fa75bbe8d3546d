"""A writer in another process is as good as one's own: the same outcomes and news, whoever dies meanwhile."""

import asyncio
import socket
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from uuid_utils.compat import uuid7

from db.tables import CourseRow
from gateway.services.changes.commits import Commit
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.outcomes import Busy, CourseSaved, NotFound, Unfulfillable
from gateway.services.core.model.values import Money
from gateway.services.core.model.verdicts import Captured
from gateway.services.writer_process import frames, line, remote, serving
from gateway.services.writer_process.frames import VERSION, Hello, TooLarge, frames_of, hello_frame
from gateway.services.writer_process.line import CommandFailed
from gateway.services.writer_process.remote import RemoteWriter
from gateway.services.writer_process.serving import Lines
from gateway.services.writer_process.sockets import LONGEST_PATH, is_of_this_user, listen_at, private_folder, socket_in
from gateway.services.writing import bounds
from gateway.services.writing.group_commit import GroupCommit, WriterStopped
from gateway.services.writing.turn import Turn
from tests.outages import OF_SQLITE
from tests.service import ADMIN, TIERS, Service, running, student

pytestmark = pytest.mark.anyio


TOO_LONG_S = 30
"""What no step takes, and no test waits for without end."""


@dataclass
class Heard:
    """What a process was told."""

    commits: list[Commit] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    def hear_jobs(self, jobs: Sequence[Job]) -> None:
        self.jobs += jobs


@dataclass
class Served:
    """A writer on a socket."""

    writer: GroupCommit
    lines: Lines
    path: Path

    @asynccontextmanager
    async def caller(self, **given: Any) -> AsyncIterator[tuple[RemoteWriter, Heard]]:
        heard = Heard()
        writer = RemoteWriter(
            self.path, runs_jobs=True, on_commit=heard.commits.append, on_jobs=heard.hear_jobs, **given
        )
        writer.start()
        try:
            yield writer, heard
        finally:
            await writer.close()

    def gone(self) -> None:
        """As the end of the writer's process and of its keeper's do it."""
        self.path.unlink()
        self.cut_off()

    def cut_off(self) -> None:
        """As the end of the writer's process does it."""
        for each in [*self.lines._open]:
            each._abort()


@pytest.fixture
async def service(new_sqlite: Callable[[], str]) -> AsyncIterator[Service]:
    """On SQLite alone: on PostgreSQL each process has a writer of its own."""
    async with running(new_sqlite()) as started:
        yield started


@pytest.fixture
def path() -> Iterator[Path]:
    folder = private_folder()
    yield socket_in(folder)
    socket_in(folder).unlink(missing_ok=True)
    folder.rmdir()


@asynccontextmanager
async def serving_at(path: Path, service: Service, **bounds: Any) -> AsyncIterator[Served]:
    lines = Lines()
    writer = GroupCommit(
        service.engine,
        clock=service.clock,
        new_id=uuid7,
        on_commit=lines.tell_commit,
        on_jobs=lines.tell_due,
        on_standing=lines.tell_standing,
        **bounds,
    )
    writer.start()
    server = await lines.serve(writer, listen_at(path))
    served = Served(writer, lines, path)
    try:
        yield served
    finally:
        server.close()
        served.cut_off()
        await writer.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  nobody is told of it
            await asyncio.sleep(0)


async def greet_and_hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(hello_frame(Hello(VERSION)))
    await reader.read()  # to its end
    writer.close()


def check_no_size(_: bytes) -> None:
    raise TooLarge


def course() -> SaveCourse:
    return SaveCourse(ADMIN, uuid7(), True, "Chess", TIERS)


async def test_outcomes_and_failures_are_those_of_the_writer_itself(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    async with serving_at(path, service) as served, served.caller() as (writer, _):
        command = course()
        saved = await writer.submit(command)
        assert isinstance(saved, CourseSaved)
        assert saved.course.id == command.course_id
        assert await writer.submit(service.creating(saved.course, "student-1", course_id=uuid7())) == NotFound("course")
        monkeypatch.setattr(CreatePurchase, "decide", fail)
        both = writer.submit(service.creating(saved.course)), writer.submit(course())
        failed, other = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(failed, CommandFailed)
        assert str(failed) == "RuntimeError"
        assert isinstance(other, CourseSaved)
        assert await writer.submit_all([]) == []


async def test_calls_of_the_same_moment_share_a_frame_and_a_turn(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def counted(parts: Any) -> list[bytes]:
        parts = [*parts]
        sizes.append(len(parts))
        return frames_of(parts)

    async with serving_at(path, service) as served, served.caller() as (writer, _):
        await writer.submit(course())
        monkeypatch.setattr(line, "frames_of", counted)
        monkeypatch.setattr(serving, "frames_of", counted)
        turns = served.writer.turns
        outcomes = await asyncio.gather(*(writer.submit(course()) for _ in range(100)))
        assert len({outcome.course.id for outcome in outcomes if isinstance(outcome, CourseSaved)}) == 100
        assert (sizes, served.writer.turns) == ([100, 1, 100], turns + 1), "calls, the news of the commit, and answers"


async def test_every_process_hears_of_every_commit_and_one_of_them_of_its_jobs(service: Service, path: Path) -> None:
    async with serving_at(path, service) as served, served.caller() as (one, ones), served.caller() as (two, twos):
        async with served.caller(is_watched=lambda: False) as (three, threes):
            for writer in (one, two, three):
                assert isinstance(await writer.submit(course()), CourseSaved)
            bought = await service.save_course()
            payments = [await service.opened(student(f"student-{number}"), bought) for number in range(3)]
            for payment in payments:
                wrong = Captured("attempt-1", Money(1, "INR"))
                assert isinstance(await three.submit(service.confirming(payment, wrong)), Unfulfillable)
        told = [commit.payments for commit in ones.commits if commit.payments]
        assert told == [(payment.id,) for payment in payments]
        assert len(ones.commits) == 6, "those of courses as well"
        assert twos.commits == ones.commits
        assert threes.commits == []
        assert [[job.kind for job in heard.jobs] for heard in (ones, twos, threes)] == [[JobKind.PAYMENT_REFUND]] * 3


async def test_who_waits_when_the_writer_dies_is_answered_by_the_next(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command was done, and its answer lost; the other was not begun: both are asked again, and done once."""
    done = course()
    async with serving_at(path, service) as dying, dying.caller() as (writer, _):
        assert isinstance(await writer.submit(course()), CourseSaved)
        monkeypatch.setattr(serving._Line, "send", lambda *_: None)
        waiting = [asyncio.create_task(writer.submit(done))]
        await until(lambda: len(service.stored(CourseRow)) == 2)
        monkeypatch.setattr(serving._Line, "_take", lambda *_: None)
        waiting.append(asyncio.create_task(writer.submit(course())))
        await asyncio.sleep(0)
        monkeypatch.undo()
        async with serving_at(path, service) as served:
            dying.cut_off()
            outcomes = await asyncio.gather(*waiting)
            assert [type(outcome) for outcome in outcomes] == [CourseSaved] * 2
            assert outcomes[0] == await served.writer.submit(done)
            assert len(service.stored(CourseRow)) == 3
            assert writer.is_alive


async def test_where_no_writer_comes_nobody_waits_for_ever(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PATIENCE_S", 0.05)
    monkeypatch.setattr(serving._Line, "_take", lambda *_: None)
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        await until(lambda: writer.is_alive)
        sent = asyncio.create_task(writer.submit(course()))
        await until(lambda: any(each.sends for each in writer._waiting.values()))
        served.gone()
        await until(lambda: not writer.is_alive)
        unsent = asyncio.create_task(writer.submit_all([course(), course()]))
        assert await sent == Busy(may_be_done=True)
        assert await unsent == [Busy(), Busy()]
        assert await writer.submit(course()) == Busy()
        monkeypatch.undo()
        async with serving_at(path, service):
            await until(lambda: writer.is_alive)
            assert isinstance(await writer.submit(course()), CourseSaved)


async def test_a_command_by_which_writers_die_is_not_put_to_all_of_them(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0

    def die(line: Any, calls: Sequence[object]) -> None:
        nonlocal taken
        taken += len(calls)
        line._abort()

    monkeypatch.setattr(serving._Line, "_take", die)
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        assert await writer.submit(course()) == Busy(may_be_done=True)
        assert taken == remote.MOST_SENDS
        monkeypatch.undo()
        assert isinstance(await writer.submit(course()), CourseSaved)


async def test_a_writer_that_stopped_within_its_process_answers_nobody(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("the writer's own bug")

    async with serving_at(path, service) as served, served.caller() as (writer, _):
        assert isinstance(await writer.submit(course()), CourseSaved)
        monkeypatch.setattr(Turn, "run", die)
        waiting = asyncio.create_task(writer.submit(course()))
        await served.lines.has_writer_stopped.wait()
        assert not waiting.done()
        monkeypatch.undo()
        async with serving_at(path, service):
            served.cut_off()
            assert isinstance(await waiting, CourseSaved)


async def test_both_the_process_and_the_writer_have_a_bound(service: Service, path: Path) -> None:
    async with serving_at(path, service, most_waiting=4) as served:
        for bound, done in ((3, 3), (9, 4)):
            async with served.caller(most_waiting=bound) as (writer, _):
                outcomes = await asyncio.gather(*(writer.submit(course()) for _ in range(6)))
                assert [type(outcome) for outcome in outcomes] == [CourseSaved] * done + [Busy] * (6 - done)


async def test_what_no_frame_holds_fails_alone(service: Service, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        monkeypatch.setattr(frames, "MOST_FRAME_BYTES", 2_000)
        large = SaveCourse(ADMIN, uuid7(), True, "x" * 2_000, TIERS)
        many = SaveCourse(ADMIN, uuid7(), True, "x" * 1_000, TIERS)
        ways = writer.submit(large), writer.submit_all([many, many]), writer.submit(course())
        outcomes = await asyncio.gather(*ways, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [TooLarge, TooLarge, CourseSaved]
        monkeypatch.setattr(serving, "check_size", check_no_size)
        with pytest.raises(WriterStopped):  # it was done, and cannot be told
            await writer.submit(course())
    assert len(service.stored(CourseRow)) == 2


async def test_closing_waits_for_the_answers_and_then_takes_nothing(service: Service, path: Path) -> None:
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        waiting = [asyncio.create_task(writer.submit(course())) for _ in range(5)]
        gone = asyncio.create_task(writer.submit(course()))
        await asyncio.sleep(0)
        gone.cancel()
        await writer.close()
        assert {type(task.result()) for task in waiting} == {CourseSaved}
        assert await writer.submit(course()) == Busy()
        await served.lines.all_closed()
        assert len(service.stored(CourseRow)) == 6  # for a caller that hung up, it was done all the same


async def test_a_log_says_where_no_writer_is_and_when_one_is_there(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PATIENCE_S", 0)
    writer = RemoteWriter(path)
    with structlog.testing.capture_logs() as logs:
        writer.start()
        assert await writer.submit(course()) == Busy()
        async with serving_at(path, service):
            await until(lambda: writer.is_alive)
        await writer.close()
    began, ended, *_ = [entry for entry in logs if entry["event"].startswith("outage")]
    assert (began["event"], began["part"], began["said"]) == ("outage began", "writes", str(path))
    assert (ended["event"], ended["what"], ended["since"]) == ("outage ended", began["what"], began["since"])
    assert ended["refused"] == 1


async def test_whoever_asks_whether_anything_can_be_written_has_the_writer_look(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr("gateway.services.writing.proof.PROVEN_S", 0)
    monkeypatch.setattr("gateway.services.outages.CALM_S", 0)
    _, _, outage = OF_SQLITE["held by another"]
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        await writer.ready(TOO_LONG_S)
        assert await writer.look()
        with outage(service.url):
            assert not await writer.look()
        await until(lambda: writer.is_alive)
        assert await writer.look()


async def test_a_process_that_ends_waits_for_no_look(path: Path) -> None:
    server = await asyncio.start_unix_server(greet_and_hang, sock=listen_at(path))
    writer = RemoteWriter(path)
    writer.start()
    await writer.ready(TOO_LONG_S)
    looking = asyncio.create_task(writer.look())
    await until(lambda: writer.held_up_s > 0)
    async with asyncio.timeout(TOO_LONG_S):
        await writer.close()
        await looking
    server.close()


async def test_nobody_waits_for_ever_for_a_writer_that_hangs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.writing.bounds.ANSWERS_S", 0.01)
    monkeypatch.setattr(remote, "LOOK_S", 0.01)
    server = await asyncio.start_unix_server(greet_and_hang, sock=listen_at(path))
    writer = RemoteWriter(path)
    writer.start()
    await writer.ready(30)
    assert await writer.submit(course()) == Busy(may_be_done=True)
    last = asyncio.create_task(writer.submit(course()))
    await asyncio.sleep(0)
    await writer.close()
    assert await last == Busy(may_be_done=True)
    server.close()


async def test_a_line_to_a_writer_that_hangs_is_closed_in_time_and_who_waits_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.ends.TURN_S", 0.01)  # and nobody looks for those who have waited so long
    server = await asyncio.start_unix_server(greet_and_hang, sock=listen_at(path))
    writer = RemoteWriter(path)
    writer.start()
    await writer.ready(30)
    waiting = asyncio.create_task(writer.submit(course()))
    await asyncio.sleep(0)
    await asyncio.wait_for(writer.close(), bounds.ANSWERS_S / 2)
    assert await waiting == Busy(may_be_done=True)
    server.close()


async def test_a_writer_of_another_release_is_said_and_not_used(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PATIENCE_S", 0.05)
    monkeypatch.setattr(remote, "VERSION", "1 of the next release")
    with structlog.testing.capture_logs() as logs:
        async with serving_at(path, service) as served, served.caller() as (writer, _):
            assert await writer.submit(course()) == Busy()
            assert not writer.is_alive
    reasons = [entry["reason"] for entry in logs if entry["event"] == "the writer cannot be used"]
    assert reasons == ["the writer's process is of another release: restart the whole of `serve`"]
    assert service.stored(CourseRow) == []


@pytest.mark.parametrize("side", [line, serving], ids=["caller", "writer"])
async def test_another_users_process_is_not_spoken_to(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch, side: Any
) -> None:
    monkeypatch.setattr(remote, "PATIENCE_S", 0.05)
    monkeypatch.setattr(side, "is_of_this_user", lambda _: False)
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        assert await writer.submit(course()) == Busy()
    assert service.stored(CourseRow) == []


async def test_who_says_what_is_no_frame_is_hung_up_on_and_nobody_else(service: Service, path: Path) -> None:
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        for said in (b"GET / HTTP/1.1\r\n\r\n", hello_frame(Hello(VERSION)) + hello_frame(Hello(VERSION))):
            reader, stranger = await asyncio.open_unix_connection(str(path))
            stranger.write(said)
            await stranger.drain()
            with suppress(ConnectionResetError):
                await reader.read()  # to its end
            stranger.close()
        assert isinstance(await writer.submit(course()), CourseSaved)


async def test_a_process_that_does_not_read_is_let_go(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving_at(path, service) as served, served.caller() as (writer, _):
        assert isinstance(await writer.submit(course()), CourseSaved)
        monkeypatch.setattr(serving, "MOST_UNREAD_BYTES", -1)
        waiting = asyncio.create_task(writer.submit(course()))
        await until(lambda: not writer.is_alive)
        monkeypatch.undo()
        assert isinstance(await waiting, CourseSaved)


def test_the_socket_lies_where_only_its_user_comes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = private_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.rmdir()
    far = tmp_path / ("x" * 100)
    far.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(far))
    near = private_folder()
    assert len(str(socket_in(near))) <= LONGEST_PATH
    assert [*far.iterdir()] == []
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert is_of_this_user(ours)
        monkeypatch.setattr("os.getuid", lambda: -1)
        assert not is_of_this_user(ours)
    near.rmdir()
