"""Whether memory stays flat: the gateway under a mix of all operations, for as long as is wished."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import servers
from bench.books import fill_gateway, make_books
from bench.comparison import PAID, Requests
from bench.figures import slope
from bench.measuring import Pace, measure
from bench.operations import OPERATIONS
from bench.servers import running
from bench.usage import family_of, rss_mib

CONNECTIONS = 64
TURN_S = 1.0
"""How long each operation has its turn."""

MIX = [each for name, each in OPERATIONS.items() if name != "webhook"]
"""Jobs run as well, and would ask Stripe what is true of its webhooks."""

MOST_CONFIRMED_PER_S = 4_000
SETTLED = 1 / 3
"""The share of the time in which caches fill and connections are opened; memory is judged from then on."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the gateway held after so long, and how many answers it had given."""

    minutes: float
    rss_mib: float
    answered: int
    wrong: str


def endure(minutes: float, workers: int) -> Iterator[Sample]:
    """A sample after each turn of all operations.

    Raises:
        ServerFailed, LoadFailed
    """
    turns = max(1, round(minutes * 60 / TURN_S / len(MIX)))
    count = int(MOST_CONFIRMED_PER_S * TURN_S)
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'gateway.db'}"
        books = make_books(PAID, turns * count, 1)
        fill_gateway(url, books)
        with running(servers.gateway("gateway", url, workers), folder / "log") as server:
            server.wait_until_warm()
            mix = [Requests(operation, books, folder / "requests") for operation in MIX]
            began, answered = time.monotonic(), 0
            yield Sample(0.0, rss_mib(family_of(server.pids)), 0, "")
            for _ in range(turns):
                wrong = []
                for requests in mix:
                    requests.write(count)
                    cell = measure(server, requests.operation, requests.file, CONNECTIONS, Pace(0.0, TURN_S))
                    answered += cell.answered
                    wrong += [cell.wrong] if cell.wrong else []
                held = rss_mib(family_of(server.pids))
                yield Sample((time.monotonic() - began) / 60, held, answered, "; ".join(wrong))


def growth(samples: Sequence[Sample]) -> tuple[float, float]:
    """How fast memory grew once it was settled: mebibytes a minute, and bytes an answer."""
    settled = samples[int(len(samples) * SETTLED) :]
    by_minute = slope([(each.minutes, each.rss_mib) for each in settled])
    by_answer = slope([(float(each.answered), each.rss_mib) for each in settled])
    return by_minute, by_answer * 2**20
