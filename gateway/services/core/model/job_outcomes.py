"""The outcomes of the commands of runners, webhooks and jobs."""

from dataclasses import dataclass

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job, Lease
from gateway.services.core.model.values import Payment, Purchase, Refund


@dataclass(frozen=True, slots=True)
class RefundSettled:
    """The provider's answer about a refund is recorded."""

    refund: Refund
    payment: Payment


@dataclass(frozen=True, slots=True)
class Claimed:
    """The jobs that the runner holds now."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class LeasesRenewed:
    """The runner holds its jobs for longer now, but for those `lost`, which other runners have taken over."""

    lost: tuple[Lease, ...]


@dataclass(frozen=True, slots=True)
class JobChanged:
    job: Job


@dataclass(frozen=True, slots=True)
class AskPlanned:
    payment: Payment


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The purchases that were ended because they had expired."""

    purchases: tuple[Purchase, ...]


@dataclass(frozen=True, slots=True)
class EventStored:
    """The webhook is stored. `is_new` is False where it was stored before."""

    event: ProviderEvent
    is_new: bool


@dataclass(frozen=True, slots=True)
class EventEnded:
    event: ProviderEvent


@dataclass(frozen=True, slots=True)
class Stale:
    """The runner no longer holds the job; nothing was done."""
