"""The numbers as Prometheus reads them: what the processes keep, and a few of the books, asked when Prometheus asks."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from db.sampling import Sample, Waiting
from gateway.monitoring.snapshots import Numbers, SharedFolder, Snapshot, added, taken
from gateway.services.core.model.jobs import JobKind, JobState, Verified
from gateway.services.measures import recording
from gateway.services.measures.catalogue import Measures
from gateway.services.measures.instruments import Counter, Histogram

STATES = frozenset(each.value for each in JobState)

SAMPLE_S = 5.0
"""How old the numbers of the books may be: however many ask, they are read so often."""


class Everything(Collector):
    """All metrics of the processes of one `serve`, or of this one.

    Args:
        folder: where the others leave theirs; None where there are none.
        read: the books, as they are now; None where they cannot be read.
    """

    def __init__(self, folder: SharedFolder | None, read: Callable[[], Sample | None]) -> None:
        self._folder, self._read = folder, read
        self._lock = threading.Lock()
        self._sampled: tuple[float, Sample | None] | None = None

    def collect(self) -> Iterator[Metric]:
        own = [] if recording.measures is None else [taken(recording.measures)]
        others: list[Snapshot] = [] if self._folder is None else self._folder.others()
        yield from families(added([*own, *others]))
        yield from of_books(self._sample(), datetime.now(UTC))

    def _sample(self) -> Sample | None:
        """One reads at a time, and the others wait for it."""
        with self._lock:
            now = time.monotonic()
            if self._sampled is None or now - self._sampled[0] > SAMPLE_S:
                found = self._read()
                self._sampled = time.monotonic(), found
            return self._sampled[1]


def registry_of(everything: Everything) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(everything)
    return registry


def rendered(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """The text, and its media type."""
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def families(numbers: Numbers) -> Iterator[Metric]:
    """What the processes counted and timed."""
    for each in Measures().all():
        about, cells = each.about, numbers[each.about.name]
        if isinstance(each, Histogram):
            timed = HistogramMetricFamily(about.name, about.meaning, labels=about.labels)
            for labels, counts in sorted(cells.items()):
                timed.add_metric(labels, _cumulative(each.bounds, counts), counts[-1])
            yield timed
            continue
        kind = CounterMetricFamily if isinstance(each, Counter) else GaugeMetricFamily
        family = kind(about.name.removesuffix("_total"), about.meaning, labels=about.labels)
        for labels, value in sorted(cells.items()):
            family.add_metric(labels, value)
        yield family


def of_books(sample: Sample | None, now: datetime) -> Iterator[Metric]:
    """What the books say; where they cannot be read, only that."""
    yield GaugeMetricFamily(
        "gateway_database_up", "1 where the books could be read now, else 0.", float(sample is not None)
    )
    if sample is None:
        return
    jobs = GaugeMetricFamily(
        "gateway_jobs", "Jobs that are not completed, by kind and state.", labels=("kind", "state")
    )
    of_kinds: dict[tuple[str, str], int] = {}
    for (kind, state), number in sample.jobs.items():
        known = JobKind(kind).value, state if state in STATES else "unknown"
        of_kinds[known] = of_kinds.get(known, 0) + number
    for labels, number in sorted(of_kinds.items()):
        jobs.add_metric(labels, number)
    yield jobs
    oldest = GaugeMetricFamily(
        "gateway_job_oldest_due_seconds",
        "For how long the oldest job has been due that waits for a runner, by kind.",
        labels=("kind",),
    )
    for kind, since in sorted(sample.due.items()):
        oldest.add_metric((JobKind(kind).value,), _age_s(since, now))
    yield oldest
    yield from _verified(Verified.in_payload(sample.verifying))
    yield from _waiting(
        "gateway_payments_without_end",
        "captured money that neither led to a purchase nor is back",
        sample.without_end,
        now,
    )
    yield from _waiting(
        "gateway_payments_processing",
        "payments of which the provider has not said how they ended",
        sample.processing,
        now,
    )


def _verified(found: Verified | None) -> Iterator[Metric]:
    """Nothing as long as nobody looked."""
    at = GaugeMetricFamily(
        "gateway_verify_last_success_timestamp_seconds", "When the scheduled gateway verify last looked at everything."
    )
    took = GaugeMetricFamily("gateway_verify_duration_seconds", "How long that took.")
    broken = GaugeMetricFamily("gateway_verify_broken_rows", "Rows at which it found an invariant broken.")
    if found is not None:
        at.add_metric((), found.at.timestamp())
        took.add_metric((), found.took_s)
        broken.add_metric((), found.broken)
    yield from (at, took, broken)


def _waiting(name: str, what: str, waiting: Waiting, now: datetime) -> Iterator[Metric]:
    yield GaugeMetricFamily(name, f"How many: {what}.", waiting.number)
    age_s = 0.0 if waiting.since is None else _age_s(waiting.since, now)
    yield GaugeMetricFamily(f"{name}_oldest_seconds", f"For how long the oldest: {what}.", age_s)


def _age_s(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _cumulative(bounds: Sequence[float], counts: Sequence[float]) -> list[tuple[str, float]]:
    """Prometheus counts in each bucket what is in those below as well."""
    names = [*(str(float(bound)) for bound in bounds), "+Inf"]
    return list(zip(names, accumulate(counts[:-1]), strict=True))
