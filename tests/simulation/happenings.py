"""What may happen around the gateway, as plain values: students, banks, admins, webhooks, crashes.

Whichever payment, capture or refund a step is about is counted from the latest one backwards, and around.
"""

from dataclasses import dataclass

from gateway.services.core.model.values import OnExisting, Purpose
from tests.simulation.books import Fault


@dataclass(frozen=True)
class Open:
    """A student opens a checkout, or with a key used before asks for the same one."""

    student_id: str
    course: int
    tier: str
    purpose: Purpose
    key: str | None


@dataclass(frozen=True)
class Book:
    """Another system opens a checkout at the provider, with the metadata of a course purchase."""

    student_id: str
    course: int
    tier: str


@dataclass(frozen=True)
class Begin:
    """The student tries to pay, and the bank has not answered yet."""

    intent: int


@dataclass(frozen=True)
class Capture:
    """The attempt under way, or a new one, takes the money: for the first time, or once more."""

    intent: int
    is_other_amount: bool = False


@dataclass(frozen=True)
class Decline:
    intent: int


@dataclass(frozen=True)
class Close:
    """The checkout is closed for good, if no money is there or on its way."""

    intent: int


@dataclass(frozen=True)
class TakeBack:
    """A person at the provider's dashboard, or else the student's bank, takes what is left of a capture or a part. A
    bank may name more than that, or another currency."""

    capture: int
    part_minor: int | None
    is_dispute: bool
    excess: tuple[int, str] | None = None


@dataclass(frozen=True)
class Decide:
    """The bank decides the dispute, for the student or for us."""

    dispute: int
    is_students: bool


@dataclass(frozen=True)
class ComeBack:
    """Money that was sent back could not be delivered."""

    returned: int


@dataclass(frozen=True)
class Confirm:
    payment: int
    is_admins: bool = False
    has_other_metadata: bool = False


@dataclass(frozen=True)
class Tell:
    """A webhook about an intent is stored; one by the number of an earlier one is that one again."""

    intent: int
    number: int | None = None


@dataclass(frozen=True)
class Grant:
    """An admin creates a purchase."""

    student_id: str
    course: int
    tier: str
    on_existing: OnExisting
    key: str | None


@dataclass(frozen=True)
class Hold:
    """The next session of a purchase was held, or one that was recorded already; just now or before it ended."""

    purchase: int
    number: int | None
    is_late: bool = False
    key: str | None = None


@dataclass(frozen=True)
class Withdraw:
    """A session that was recorded, or not, was not held after all."""

    purchase: int
    number: int


@dataclass(frozen=True)
class Refund:
    """An admin refunds a payment, all that is left or a part."""

    payment: int
    part_minor: int | None
    key: str | None


@dataclass(frozen=True)
class Retry:
    """An admin has a job that failed run again."""

    job: int


@dataclass(frozen=True)
class Run:
    """A runner takes what is due and runs it; `draw` spreads the waits of what fails."""

    draw: float = 1.0


@dataclass(frozen=True)
class Claim:
    """A runner takes what is due and is heard of no more."""


@dataclass(frozen=True)
class Sweep:
    """The sweeps are started, if they have ended."""


@dataclass(frozen=True)
class Offer:
    """The course has just these tiers from now on."""

    course: int
    codes: frozenset[str]


@dataclass(frozen=True)
class Later:
    seconds: int


@dataclass(frozen=True)
class Fail:
    """The line to the provider fails like this at the next questions."""

    faults: tuple[Fault | None, ...]


@dataclass(frozen=True)
class LoseAnswer:
    """The next commit lands, and the connection is lost before the writer hears of it."""


@dataclass(frozen=True)
class Restart:
    """The service is closed and opened anew on the same database."""


@dataclass(frozen=True)
class Meanwhile:
    """These happen while the provider's next answer is on its way."""

    steps: tuple["Step", ...]


@dataclass(frozen=True)
class AtOnce:
    steps: tuple["Step", ...]


@dataclass(frozen=True)
class Crash:
    """The process dies amid these: after so many commits, by the next, which lands or does not. It is started anew."""

    steps: tuple["Step", ...]
    commits: int
    lands: bool


Act = Begin | Capture | Decline | Close | TakeBack | Decide | ComeBack
Ask = Open | Confirm | Tell | Grant | Hold | Withdraw | Refund | Retry | Run | Claim | Sweep | Offer
Accident = Later | Fail | LoseAnswer | Restart | Meanwhile | AtOnce | Crash
Step = Act | Ask | Accident | Book
