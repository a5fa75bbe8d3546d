"""What people may request for in a story: each request as a value, and how such requests are drawn."""

from dataclasses import dataclass

from hypothesis import strategies as st

from gateway.services.core.model.values import OnExisting, Purpose
from tests.service import TIERS

# What comes first comes more often: stories meet on one student and one course.
students = st.sampled_from(["student-1", "student-1", "student-2"])
courses = st.sampled_from([0, 0, 1])
codes = st.sampled_from([tier.code for tier in TIERS])
keys = st.sampled_from([None, "k1", "k2", "k3"])
durations = st.sampled_from([60, 60, 60, 90])
tokens = st.sampled_from(
    [
        None,
        None,
        None,
        "tok_succeed",
        "tok_decline_lost_card",
        "tok_process_1",
        "tok_timeout",
        "tok_capture_1_INR",
        "tok_capture_199900_USD",
        "tok_unpaid",
        "tok_cancel",
    ]
)


@dataclass(frozen=True)
class Open:
    student_id: str
    course: int
    tier: str
    purpose: Purpose
    key: str | None


@dataclass(frozen=True)
class Confirm:
    """The payment is one of those that were opened so far, counted around."""

    payment: int
    token: str | None
    by_admin: bool
    duration: int | None


@dataclass(frozen=True)
class Create:
    student_id: str
    course: int
    tier: str
    on_existing: OnExisting
    key: str | None
    duration: int


@dataclass(frozen=True)
class Pay:
    """To open a payment and to confirm it, as most students do."""

    opening: Open
    token: str | None


@dataclass(frozen=True)
class Amend:
    """The purchase is one of those that there are, counted around; it is extended so many days from now, corrected
    to sessions so long, or revoked."""

    purchase: int
    key: str | None
    days: int | None = None
    duration: int | None = None


Request = Open | Confirm | Create | Pay | Amend

opens = st.builds(Open, students, courses, codes, st.sampled_from(Purpose), keys)
confirms = st.builds(Confirm, st.integers(0, 20), tokens, st.booleans(), st.sampled_from([None, None, None, 60, 90]))
pays = st.builds(Pay, opens, tokens)
amends = st.one_of(
    st.builds(Amend, st.integers(0, 20), keys, days=st.sampled_from([1, 100, 200])),
    st.builds(Amend, st.integers(0, 20), keys, duration=durations),
    st.builds(Amend, st.integers(0, 20), keys),
)
creates = st.builds(Create, students, courses, codes, st.sampled_from(OnExisting), keys, durations)
