"""Which histories a test draws: what happens around the gateway, how often, and amid what."""

from hypothesis import strategies as st

from gateway.services.core.model.values import OnExisting, Purpose
from tests.service import TIERS
from tests.simulation.happenings import (
    AtOnce,
    Begin,
    Book,
    Capture,
    Claim,
    Close,
    ComeBack,
    Confirm,
    Crash,
    Decide,
    Decline,
    Fail,
    Grant,
    Hold,
    Later,
    LoseAnswer,
    Meanwhile,
    Offer,
    Open,
    Refund,
    Restart,
    Retry,
    Run,
    Step,
    Sweep,
    TakeBack,
    Tell,
    Withdraw,
)

History = tuple[Step, ...]
ALL_CODES = tuple(tier.code for tier in TIERS)
FIGURES = ((899_900, "INR"), (1_000_000, "INR"), (2_400, "USD"))
"""What a bank may say, whatever is left of the money that it claims."""

# What comes first comes more often: stories meet on one student, one course and the latest payments.
students = st.sampled_from(["student-1", "student-1", "student-1", "student-2"])
courses = st.sampled_from([0, 0, 0, 1])
codes = st.sampled_from([*ALL_CODES, "STANDARD", "BASIC"])
purposes = st.sampled_from([Purpose.PURCHASE, Purpose.PURCHASE, Purpose.RENEWAL])
keys = st.sampled_from([None, None, None, "k1", "k2"])
which = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 8])
figures = st.sampled_from([*[None] * 5, *FIGURES])
parts = st.sampled_from([None, None, 1, 100_000])

opens = st.builds(Open, students, courses, codes, purposes, keys)
tells = st.builds(Tell, which, st.sampled_from([None, None, None, 1, 2]))
confirms = st.builds(Confirm, which, st.sampled_from([False, False, True]), st.sampled_from([False] * 5 + [True]))
rarely = st.sampled_from([False] * 6 + [True])
captures = st.builds(Capture, which, rarely)
acts = st.one_of(
    captures,
    captures,
    st.builds(Begin, which),
    st.builds(Decline, which),
    st.builds(Close, which),
    st.builds(TakeBack, which, parts, st.sampled_from([False, True]), figures),
    st.builds(Decide, which, st.booleans()),
    st.builds(ComeBack, which),
)
asks = st.one_of(
    opens,
    confirms,
    confirms,
    tells,
    tells,
    st.builds(Grant, students, courses, codes, st.sampled_from(OnExisting), keys),
    st.builds(Hold, which, st.sampled_from([None, None, None, 1, 2, 5]), st.booleans(), keys),
    st.builds(Withdraw, which, st.sampled_from([1, 1, 2, 3, 5])),
    st.builds(Refund, which, parts, keys),
    st.builds(Run, st.sampled_from([1.0, 0.0])),
    st.builds(Run),
    st.just(Sweep()),
)
chances = st.one_of(
    st.just(Claim()),
    st.builds(Retry, which),
    st.builds(Offer, courses, st.sets(st.sampled_from(ALL_CODES), min_size=2).map(frozenset)),
    st.builds(Later, st.sampled_from([10, 400, 4_000, 95 * 86_400, 95 * 86_400])),
    st.builds(Fail, st.lists(st.sampled_from(["before", "after", None]), min_size=1, max_size=4).map(tuple)),
    st.just(LoseAnswer()),
    st.just(Restart()),
)

books = st.builds(Book, students, courses, codes)
steps: st.SearchStrategy[Step] = st.one_of(asks, acts, chances)
several = st.lists(st.one_of(asks, asks, acts), min_size=2, max_size=5).map(tuple)
mixed = st.one_of(
    st.builds(AtOnce, several),
    st.builds(Meanwhile, st.lists(st.one_of(asks, acts), min_size=1, max_size=3).map(tuple)),
    st.builds(Crash, several, st.integers(0, 4), st.booleans()),
)


def _paid(opening: Open | Book, is_other_amount: bool, *after: Step) -> History:
    """A student who pays: the start of most histories."""
    return (opening, Capture(0, is_other_amount), *after)


purchases = st.one_of(
    st.builds(_paid, opens, rarely, st.just(Confirm(0))),
    st.builds(_paid, opens, rarely, st.just(Tell(0)), st.just(Run())),
    st.builds(_paid, opens, rarely, st.just(Confirm(0)), st.just(Later(190 * 86_400))),
    st.builds(_paid, opens, rarely),
    st.builds(_paid, books, rarely, st.just(Tell(0))),
)
# Of the branches of a choice, and of choices within it, each comes as often as any other.
chapters: st.SearchStrategy[History] = st.one_of(purchases, *[st.tuples(steps)] * 9, *[st.tuples(mixed)] * 3)


def histories(longest: int) -> st.SearchStrategy[History]:
    """Chapters in any order, each of one step or a few."""
    drawn = st.lists(chapters, min_size=longest // 2, max_size=longest)
    return drawn.map(lambda chapters: tuple(step for chapter in chapters for step in chapter))
