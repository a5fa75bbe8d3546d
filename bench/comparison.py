"""A run: every operation at every number of connections, at all servers one right after the other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.books import Books, make_books
from bench.field import ROUTE, Field, open_field
from bench.figures import Cell, Figures, Subject, middle
from bench.load import write_requests
from bench.measuring import Pace, measure
from bench.operations import Operation
from bench.servers import Running, running

PAID, AWAITED = 2_000, 2_000
MOST_PER_S, MOST_PER_S_ALONE = 8_000, 3_000
"""Requests made ready for each second, of many connections and of one: who is faster has fewer seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and for how long."""

    operations: Sequence[Operation]
    connections: Sequence[int]
    peers: Sequence[str]
    pace: Pace
    rounds: int

    def requests_at(self, connections: int) -> int:
        """How many requests are made ready for one measurement."""
        if self.pace.most is not None:
            return self.pace.most
        per_s = MOST_PER_S_ALONE if connections == 1 else MOST_PER_S
        return int(per_s * (self.pace.warm_s + self.pace.seconds)) + connections

    def payments(self) -> int:
        """How many payments are to be open: each is confirmed only once."""
        return self.rounds * sum(map(self.requests_at, self.connections))

    def measurements(self) -> int:
        bare = ROUTE in self.peers
        rest = len(self.peers) - bare
        return self.rounds * len(self.connections) * (rest * len(self.operations) + bare)


Measured = Callable[[str], None]
"""Told what was measured just now."""


def compare(plan: Plan, measured: Measured) -> Iterator[tuple[Operation, Figures]]:
    """The figures of each operation, as soon as they stand.

    Raises:
        ServerFailed, LoadFailed
    """
    with open_field(plan.peers) as field:
        books = make_books(PAID, plan.payments(), AWAITED)
        field.fill(books)
        with _servers(field) as servers:
            for operation in plan.operations:
                asked = [each for each in servers if _takes_part(each, operation, plan)]
                requests = Requests(operation, books, field.folder / "requests")
                yield operation, _figures(plan, requests, asked, measured)


def _takes_part(server: Running, operation: Operation, plan: Plan) -> bool:
    """The bare route answers everything alike, so that it is asked only once."""
    return server.peer.name != ROUTE or operation is plan.operations[0]


@dataclass(slots=True)
class Requests:
    """Those of one operation: what was sent once is not sent again."""

    operation: Operation
    books: Books
    file: Path
    made: int = 0

    def write(self, count: int) -> None:
        """So many into the file; all servers get the same."""
        write_requests(self.file, self.operation.requests(self.books, self.made, count))
        self.made += count


def _figures(plan: Plan, requests: Requests, servers: Sequence[Running], measured: Measured) -> Figures:
    """Servers one right after the other, so that whatever else the machine does is the same for all, and in another
    order each round."""
    cells: dict[Subject, list[Cell]] = {}
    for number in range(plan.rounds):
        for connections in plan.connections:
            requests.write(plan.requests_at(connections))
            turn = number % len(servers)
            for server in (*servers[turn:], *servers[:turn]):
                subject = Subject(requests.operation.name, server.peer.name, connections)
                cell = measure(server, requests.operation, requests.file, connections, plan.pace)
                cells.setdefault(subject, []).append(cell)
                measured(f"{subject.operation}, {subject.peer}, {connections}")
    return {subject: middle(rounds) for subject, rounds in cells.items()}


@contextmanager
def _servers(field: Field) -> Iterator[Sequence[Running]]:
    """All of them, warm: those that are not asked just now cost nothing."""
    with ExitStack() as stack:
        peers = field.peers()
        logs = [field.folder / f"{number}.log" for number in range(len(peers))]
        started = [stack.enter_context(running(*each)) for each in zip(peers, logs, strict=True)]
        for server in started:
            server.wait_until_warm()
        yield started
