"""One measurement: the load generator is sent to a server, and what the server committed is counted against answers."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.figures import Cell
from bench.load import Job, Seen
from bench.operations import Operation
from bench.servers import ROOT, Running

LONGEST_EXTRA_S = 60
"""How much longer than its window a measurement may take."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a measurement takes: first so long that the server is warm, then so long that figures stand.

    Attributes:
        most: how many requests are sent at most; None for as many as there is time for.
    """

    warm_s: float
    seconds: float
    most: int | None = None


class LoadFailed(Exception):
    """The load generator could not do its work."""


def measure(server: Running, operation: Operation, requests: Path, connections: int, pace: Pace) -> Cell:
    """Raises: LoadFailed."""
    peer = server.peer
    table = operation.table if peer.database_url else None
    before = peer.count(table) if table else 0
    proof = operation.proof if peer.database_url else ""
    again = operation.kinds is not None or peer.database_url is None
    job = Job(server.port, str(requests), again, pace.most, proof, connections, pace.warm_s, pace.seconds, server.pids)
    seen = send(job)
    committed = peer.count(table) - before if table else None
    return cell_of(seen, committed)


def send(job: Job) -> Seen:
    """Have a load generator, which is a process of its own, do a job. Raises: LoadFailed."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        timeout=job.warm_s + job.seconds + LONGEST_EXTRA_S,
        check=False,
    )
    if done.returncode:
        raise LoadFailed(done.stderr.strip().splitlines()[-1] if done.stderr else "it said nothing")
    return Seen(**json.loads(done.stdout))


def cell_of(seen: Seen, committed: int | None) -> Cell:
    """The figures of what was seen, and what is wrong with it."""
    faults = []
    if seen.wrong:
        faults.append(f"{seen.wrong:,} wrong answers, such as {seen.first_wrong}")
    if committed is not None and committed != seen.answered:
        faults.append(f"{committed:,} committed, {seen.answered:,} answered")
    if not seen.measured:
        faults.append("no answer came in the measured time")
    measured = max(1, seen.measured)
    return Cell(
        per_s=seen.measured / seen.elapsed_s if seen.elapsed_s else 0.0,
        p50_ms=seen.p50_ms,
        p99_ms=seen.p99_ms,
        cpu_us=seen.cpu_s / measured * 1e6,
        own_cpu_us=seen.own_cpu_s / measured * 1e6,
        answered=seen.answered,
        committed=committed,
        wrong="; ".join(faults),
    )
