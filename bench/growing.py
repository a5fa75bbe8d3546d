"""Whether cost grows with the books: the same operations on a small and on a large database, right after each other."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, func
from sqlmodel import col, select

from bench import servers
from bench.books import Books, Sale
from bench.comparison import MOST_PER_S
from bench.figures import Cell, Figures, Subject, middle
from bench.load import write_requests
from bench.measuring import Pace, measure
from bench.operations import OPERATIONS, Operation
from bench.seed.filling import Step, Wanted, fill
from bench.servers import ROOT, Running, running
from db.engine import writer_engine
from db.tables import CourseRow, PaymentRow, PurchaseRow

FOLDER = ROOT / "build"
"""Where the databases stay for the next run: to fill a large one takes minutes."""

COURSES, SEED = 200, 1
READ = 2_000
"""How many purchases are read by their ids, spread over all there are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation, and by how many connections."""

    operation: Operation
    connections: int


ASKED = (
    Asked(OPERATIONS["confirmPayment"], 1),
    Asked(OPERATIONS["confirmPayment"], 64),
    Asked(OPERATIONS["createPayment"], 64),
    Asked(OPERATIONS["purchase(id)"], 64),
    Asked(OPERATIONS["page of 50"], 16),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the books are, and how long a measurement is."""

    sizes: Sequence[int]
    pace: Pace
    rounds: int

    def requests(self) -> int:
        """How many are made ready for one measurement."""
        return int(MOST_PER_S / 2 * (self.pace.warm_s + self.pace.seconds))

    def payments(self) -> int:
        """How many open payments a run confirms at most."""
        return self.requests() * self.rounds * sum(each.operation.name == "confirmPayment" for each in ASKED)


class Numbers:
    """Which requests of an operation come next: each that changes something is sent once, also by later runs.

    Args:
        payments: how many there are already: from there on buyers are new.
    """

    def __init__(self, payments: int) -> None:
        self._next = Counter({"createPayment": payments})

    def take(self, operation: Operation, count: int) -> int:
        """The first of so many."""
        first = self._next[operation.name]
        self._next[operation.name] += count
        return first


@dataclass(frozen=True, slots=True)
class Size:
    """A database of so many purchases, and what has been asked of it already."""

    name: str
    server: Running
    books: Books
    numbers: Numbers

    def measure(self, asked: Asked, file: Path, plan: Plan) -> Cell:
        first = self.numbers.take(asked.operation, plan.requests())
        write_requests(file, asked.operation.requests(self.books, first, plan.requests()))
        return measure(self.server, asked.operation, file, asked.connections, plan.pace)


def grow(plan: Plan, filled: Callable[[int, Step], None], measured: Callable[[str], None]) -> Figures:
    """The figures of each operation at each size; the size stands where a server's name would.

    Raises:
        ServerFailed, LoadFailed
    """
    files = [_database(size, plan, partial(filled, size)) for size in plan.sizes]
    cells: dict[Subject, list[Cell]] = {}
    with ExitStack() as stack:
        sizes = [stack.enter_context(_served(*each, plan)) for each in zip(plan.sizes, files, strict=True)]
        for number in range(plan.rounds):
            for asked in ASKED:
                for size in sizes[:: -1 if number % 2 else 1]:
                    subject = Subject(asked.operation.name, size.name, asked.connections)
                    cells.setdefault(subject, []).append(size.measure(asked, FOLDER / "requests", plan))
                    measured(f"{subject.operation}, {subject.peer} purchases, {subject.connections}")
    (FOLDER / "requests").unlink()
    return {subject: middle(rounds) for subject, rounds in cells.items()}


def name_of(size: int) -> str:
    return f"{size:,}"


def _database(size: int, plan: Plan, filled: Callable[[Step], None]) -> Path:
    """The database of that size, made now unless one stands with enough open payments in it."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"bench-{size}.db"
    unfinished = file.with_suffix(".new")
    if file.exists() and _open_payments(file) >= plan.payments():
        return file
    for each in FOLDER.glob(f"{file.stem}.*"):
        each.unlink()
    for step in fill(f"sqlite:///{unfinished}", Wanted(size, plan.payments(), COURSES, SEED, datetime.now(UTC))):
        filled(step)
    return unfinished.rename(file)


@contextmanager
def _served(size: int, file: Path, plan: Plan) -> Iterator[Size]:
    url = f"sqlite:///{file}"
    peer = servers.gateway(name_of(size), url, more=servers.NO_JOBS)
    with _connected(file) as connection:
        books = _books(connection, plan)
        numbers = Numbers(connection.scalar(select(func.count()).select_from(PaymentRow)) or 0)
    with running(peer, file.with_suffix(".log")) as server:
        server.wait_until_warm()
        yield Size(peer.name, server, books, numbers)


@contextmanager
def _connected(file: Path) -> Iterator[Connection]:
    engine = writer_engine(f"sqlite:///{file}")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


OPEN = (
    col(PaymentRow.fulfilment) == "PENDING",
    col(PaymentRow.status) == "REQUIRES_PAYMENT",
    col(PaymentRow.provider) == "SANDBOX",
)


def _open_payments(file: Path) -> int:
    with _connected(file) as connection:
        return int(connection.scalar(select(func.count()).select_from(PaymentRow).where(*OPEN)) or 0)


def _books(connection: Connection, plan: Plan) -> Books:
    """The payments to confirm, and purchases to read from all over the table."""
    payment = (col(PaymentRow.student_id), col(PaymentRow.course_id), col(PaymentRow.id))
    opened = connection.execute(select(*payment).where(*OPEN).limit(plan.payments()))
    purchase = (col(PurchaseRow.student_id), col(PurchaseRow.course_id), col(PurchaseRow.id))
    count = connection.scalar(select(func.count()).select_from(PurchaseRow)) or 0
    rows = connection.execution_options(yield_per=10_000).execute(select(*purchase))
    return Books(
        courses=list(connection.scalars(select(col(CourseRow.id)))),
        paid=[_sale(*row, is_paid=True) for row in islice(rows, 0, None, max(1, count // READ))],
        open=[_sale(*row, is_paid=False) for row in opened],
        awaited=(),
    )


def _sale(student: str, course: UUID, key: UUID, *, is_paid: bool) -> Sale:
    """As far as its requests name it: a purchase by its own id, an open payment by its."""
    return Sale(student, course, key, key, "SANDBOX", "", is_paid)
