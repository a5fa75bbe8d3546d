"""The load generator: connections that each send a prepared request, wait for its answer, and send the next.

    python -m bench.load < job.json        writes what it saw as JSON

It is a process of its own, and does so little for an answer that it is far lighter than what it measures: one `recv`,
one look at the head, one `send`. It is a closed loop: a server that stalls is asked less, so that rate and p99 go
together, and neither tells all.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path

from bench.figures import percentile
from bench.usage import cpu_s, family_of

STALLED_S = 30.0
"""A server that answers nobody for so long has failed."""

WARM_ALONE = 0.7
"""The share of the warm-up after which the server's processes are looked for: all that it needs have come by then."""

MOST_BYTES = 256 * 1024
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
SEPARATOR = b"\0"
"""Stands between the requests of a file; no request has one in it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to send, and for how long.

    Attributes:
        file: the requests, in the order in which they are sent.
        again: whether they begin anew when all are sent; else the run ends there.
        most: how many are sent at most; None for as many as there is time for.
        proof: a text that each right answer has.
        pids: the server's processes, whose CPU is counted with that of all below them.
    """

    port: int
    file: str
    again: bool
    most: int | None
    proof: str
    connections: int
    warm_s: float
    seconds: float
    pids: Sequence[int]


@dataclass(slots=True)
class Seen:
    """What the load generator saw. All but `answered` and `wrong` is of the measured window alone."""

    answered: int = 0
    wrong: int = 0
    first_wrong: str = ""
    measured: int = 0
    elapsed_s: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_s: float = 0.0
    own_cpu_s: float = 0.0


@dataclass(slots=True)
class Caller:
    """A connection: whether it waits, since when, and what has come of the answer so far."""

    socket: socket.socket
    is_waiting: bool = False
    sent_at: float = 0.0
    answer: bytes = b""


class ServerStalled(Exception):
    """Nobody was answered for too long."""


def write_requests(file: Path, requests: Iterable[bytes]) -> None:
    file.write_bytes(SEPARATOR.join(requests))


def drive(job: Job) -> Seen:
    """Send until the time is up or all is sent, then wait for the answers that are still to come.

    Raises:
        ServerStalled
    """
    load = Load(requests_of(job), job.proof.encode())
    try:
        load.connect(job.port, job.connections)
        load.exchange(time.perf_counter() + job.warm_s * WARM_ALONE)
        family = family_of(job.pids)  # who waits meanwhile is answered before the window
        load.exchange(time.perf_counter() + job.warm_s * (1 - WARM_ALONE))
        load.latencies_us.clear()
        cpu, own_cpu, began_at = cpu_s(family), time.process_time(), time.perf_counter()
        load.exchange(began_at + job.seconds)
        elapsed_s = time.perf_counter() - began_at
        cpu, own_cpu = cpu_s(family_of(job.pids)) - cpu, time.process_time() - own_cpu
        ordered = sorted(load.latencies_us)
        load.exchange(time.perf_counter() + STALLED_S, is_ending=True)
    finally:
        load.close()
    seen = Seen(load.answered, load.wrong, load.first_wrong, len(ordered), elapsed_s, cpu_s=cpu, own_cpu_s=own_cpu)
    if ordered:
        seen.p50_ms, seen.p99_ms = percentile(ordered, 0.5) / 1e3, percentile(ordered, 0.99) / 1e3
    return seen


def requests_of(job: Job) -> Iterator[bytes]:
    requests = Path(job.file).read_bytes().split(SEPARATOR)
    return islice(cycle(requests) if job.again else requests, job.most)


@dataclass(slots=True)
class Load:
    """Callers under way, and what they were answered."""

    requests: Iterator[bytes]
    proof: bytes
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    waiting: int = 0
    answered: int = 0
    wrong: int = 0
    first_wrong: str = ""
    latencies_us: list[int] = field(default_factory=list)

    def connect(self, port: int, connections: int) -> None:
        """Open the connections, each with its first request under way."""
        for _ in range(connections):
            caller = Caller(socket.create_connection(("127.0.0.1", port)))
            caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(caller.socket, selectors.EVENT_READ, caller)
            self._send_next(caller)

    def exchange(self, until: float, *, is_ending: bool = False) -> None:
        """Take answers and send what is next, until then or until nobody waits; when ending, send nothing more.

        Raises:
            ServerStalled: when ending, and somebody still waits.
        """
        clock = time.perf_counter
        while self.waiting and (left_s := until - clock()) > 0:
            for key, _ in self.selector.select(left_s):
                caller: Caller = key.data
                answer = self._received(caller)
                if answer is None:
                    continue
                self.latencies_us.append(int((clock() - caller.sent_at) * 1e6))
                self.waiting -= 1
                caller.is_waiting = False
                self._judge(answer)
                if answer and not is_ending:
                    self._send_next(caller)
        if is_ending and self.waiting:
            raise ServerStalled(f"{self.waiting} requests had no answer after {STALLED_S:.0f} seconds")

    def close(self) -> None:
        for key in list(self.selector.get_map().values()):
            key.data.socket.close()
        self.selector.close()

    def _send_next(self, caller: Caller) -> None:
        request = next(self.requests, None)
        if request is not None:
            caller.is_waiting = True
            caller.sent_at = time.perf_counter()
            caller.socket.sendall(request)
            self.waiting += 1

    def _received(self, caller: Caller) -> bytes | None:
        """The whole answer, once it has come; empty where the server hung up instead on somebody who waited."""
        try:
            part = caller.socket.recv(MOST_BYTES)
        except ConnectionError:
            part = b""
        if not part:
            self.selector.unregister(caller.socket)
            caller.socket.close()
            return b"" if caller.is_waiting else None
        answer = caller.answer + part if caller.answer else part
        end_of_head = answer.find(b"\r\n\r\n")
        length = LENGTH.search(answer, 0, end_of_head + 2) if end_of_head >= 0 else None
        if length is None or len(answer) < end_of_head + 4 + int(length[1]):
            caller.answer = answer
            return None
        caller.answer = b""
        return answer

    def _judge(self, answer: bytes) -> None:
        if answer[9:12] == b"200" and self.proof in answer:
            self.answered += 1
        else:
            self.wrong += 1
            self.first_wrong = self.first_wrong or answer[:600].decode(errors="replace") or "the server hung up"


def main() -> None:
    job = Job(**json.load(sys.stdin))
    json.dump(asdict(drive(job)), sys.stdout)


if __name__ == "__main__":
    main()
