"""The outcomes of the commands of erasure and retention."""

from dataclasses import dataclass

from gateway.services.core.model.privacy.erasure import OpenBusiness


@dataclass(frozen=True, slots=True)
class StudentErased:
    """Nothing in the books has the student's id any more. `pseudonym` is what stands for it, in so many payments and
    purchases; None where nothing had the id before, either."""

    pseudonym: str | None
    payments: int
    purchases: int
    already_processed: bool


@dataclass(frozen=True, slots=True)
class StudentHasOpenBusiness:
    """Something of the student's has to end before they can be erased; nothing was done."""

    open: tuple[OpenBusiness, ...]


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were deleted because nothing needs them any more."""

    jobs: int = 0
    deliveries: int = 0
    events: int = 0
    keys: int = 0

    def __add__(self, more: "Pruned") -> "Pruned":
        sums = (self.jobs + more.jobs, self.deliveries + more.deliveries)
        return Pruned(*sums, self.events + more.events, self.keys + more.keys)
