"""A runner's process that is killed, paused, or kept waiting: what it was to do is done once, and soon."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic, sleep

import pytest

from tests.cli.test_runner_in_serve import TOO_LONG_S, Held, duplicate, listening, working
from tests.served.gateway import Served, served
from tests.services.providers.stripe.fake import KEY, FakeStripe

JOB = "SELECT state, attempts, fence FROM job WHERE kind = 'payment.refund'"
LEASE_UNTIL = "SELECT lease_until FROM job WHERE kind = 'payment.refund'"
GIVEN_BACK = "SELECT count(*) FROM audit_entry WHERE action = 'payment.refunded'"


@dataclass
class Scene:
    """A refund that is owed, before a provider that takes its time over it."""

    gateway: Served
    books: FakeStripe
    line: Held
    url: str
    settings: dict[str, str]

    def until(self, sql: str, expected: tuple[object, ...]) -> None:
        """Return once that is what the books say."""
        latest = monotonic() + TOO_LONG_S
        while (found := self.gateway.rows(sql)) != [expected]:
            assert monotonic() < latest, (sql, found, expected)
            sleep(0.01)

    def until_changed(self, sql: str) -> None:
        before, latest = self.gateway.rows(sql), monotonic() + TOO_LONG_S
        while self.gateway.rows(sql) == before:
            assert monotonic() < latest, before
            sleep(0.01)


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    books = FakeStripe()
    line = Held(books.app())
    with listening(line) as stripe_url:
        settings = {"stripe_secret_key": KEY, "stripe_api_base": stripe_url, "job_lease_s": "2"}
        with served(database_url, worker="false", **settings) as gateway:
            duplicate(gateway, gateway.student(), books)
            yield Scene(gateway, books, line, database_url, settings)
            line.may_go_on.set()


def test_a_killed_runners_refund_is_another_ones_after_seconds(scene: Scene) -> None:
    with working(scene.url, **scene.settings) as killed:
        assert scene.line.has_arrived.wait(TOO_LONG_S), "nobody asked for the refund"
        killed.kill()
        scene.line.may_go_on.set()
        with working(scene.url, **scene.settings):
            scene.until(JOB, ("COMPLETED", 2, 2))
    assert scene.gateway.rows("SELECT status FROM refund") == [("SUCCEEDED",)]
    assert (len(scene.books.refunds), scene.gateway.rows(GIVEN_BACK)) == (1, [(1,)])


def test_a_paused_runner_that_goes_on_writes_nothing_of_what_was_taken_over_and_works_on(scene: Scene) -> None:
    with working(scene.url, **scene.settings) as paused:
        assert scene.line.has_arrived.wait(TOO_LONG_S), "nobody asked for the refund"
        paused.send_signal(signal.SIGSTOP)
        with working(scene.url, **scene.settings):
            scene.until(JOB, ("RUNNING", 2, 2))
            scene.line.may_go_on.set()
            scene.until(JOB, ("COMPLETED", 2, 2))
        paused.send_signal(signal.SIGCONT)
        duplicate(scene.gateway, scene.gateway.student(), scene.books)
        scene.until("SELECT count(*) FROM refund WHERE status = 'SUCCEEDED'", (2,))
    assert scene.gateway.rows(f"{JOB} ORDER BY id") == [("COMPLETED", 2, 2), ("COMPLETED", 1, 1)]
    assert (len(scene.books.refunds), scene.gateway.rows(GIVEN_BACK)) == (2, [(2,)])


def test_a_runner_that_waits_for_its_provider_longer_than_a_lease_keeps_its_job(scene: Scene) -> None:
    with working(scene.url, **scene.settings):
        assert scene.line.has_arrived.wait(TOO_LONG_S), "nobody asked for the refund"
        with working(scene.url, **scene.settings):
            for _ in range(6):  # each half a second after the one before
                scene.until_changed(LEASE_UNTIL)
            scene.line.may_go_on.set()
            scene.until("SELECT status FROM refund", ("SUCCEEDED",))
    assert scene.gateway.rows(JOB) == [("COMPLETED", 1, 1)]
    assert (len(scene.books.refunds), scene.gateway.rows(GIVEN_BACK)) == (1, [(1,)])
