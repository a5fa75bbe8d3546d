"""What an admin may ask about a student: input, what it answers, and what it may come to."""

import datetime as dt
from enum import Enum
from typing import Annotated, Self

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.problems import InvalidInput, Problem, ProblemCode
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model.privacy import erasure, outcomes
from gateway.services.core.model.privacy.erasure import OpenKind

_erased = FieldsOf[outcomes.StudentErased]()

HOW_IT_ENDS = {
    OpenKind.ACTIVE_PURCHASE: "it is in force: revokePurchase, or refundPayment in full",
    OpenKind.PAYMENT_UNDER_WAY: "the provider has not settled it: it ends by itself, and confirmPayment asks now",
    OpenKind.REFUND_UNDER_WAY: "money is on its way back: it ends by itself, or by retryJob where that was called off",
    OpenKind.DISPUTE_OPEN: "the student's bank claims money: it ends with the bank's decision",
    OpenKind.NEEDS_ATTENTION: "it FAILED, or is a case: retryJob, or cancelJob once it is dealt with",
}


def _how(kind: OpenKind) -> str:
    words = HOW_IT_ENDS[kind]
    return f"{words[0].upper()}{words[1:]}."


@strawberry.enum(description="What of a student has to end before they can be erased, and how it ends.")
class OpenBusinessKind(Enum):
    ACTIVE_PURCHASE = strawberry.enum_value(OpenKind.ACTIVE_PURCHASE, description=_how(OpenKind.ACTIVE_PURCHASE))
    PAYMENT_UNDER_WAY = strawberry.enum_value(OpenKind.PAYMENT_UNDER_WAY, description=_how(OpenKind.PAYMENT_UNDER_WAY))
    REFUND_UNDER_WAY = strawberry.enum_value(OpenKind.REFUND_UNDER_WAY, description=_how(OpenKind.REFUND_UNDER_WAY))
    DISPUTE_OPEN = strawberry.enum_value(OpenKind.DISPUTE_OPEN, description=_how(OpenKind.DISPUTE_OPEN))
    NEEDS_ATTENTION = strawberry.enum_value(OpenKind.NEEDS_ATTENTION, description=_how(OpenKind.NEEDS_ATTENTION))


_PREFIXES = {
    OpenKind.ACTIVE_PURCHASE: ids.PURCHASE,
    OpenKind.PAYMENT_UNDER_WAY: ids.PAYMENT,
    OpenKind.REFUND_UNDER_WAY: ids.REFUND,
    OpenKind.DISPUTE_OPEN: ids.REFUND,
    OpenKind.NEEDS_ATTENTION: ids.JOB,
}


@graphql_type(description="One thing that has to end before a student can be erased.")
class OpenBusiness:
    kind: OpenBusinessKind = field(description="What it is, and so how it ends.")
    id: ID = field(description="The purchase, the payment, the refund or dispute, or the job.")
    ends_at: dt.datetime | None = field(description="When it ends by itself, where that is known.")

    @classmethod
    def of(cls, business: erasure.OpenBusiness) -> Self:
        key = ids.to_text(_PREFIXES[business.kind], business.id)
        return cls(kind=OpenBusinessKind(business.kind), id=ID(key), ends_at=business.ends_at)


@graphql_type(description="Something of the student's has to end before they can be erased. Nothing was done.")
class StudentHasOpenBusiness(Problem):
    open: list[OpenBusiness] = field(description="Each thing that has to end first.")

    @classmethod
    def of(cls, found: outcomes.StudentHasOpenBusiness) -> Self:
        listed = [OpenBusiness.of(each) for each in found.open]
        ways = "; ".join(
            f"{each.id} ({each.kind.name}): {HOW_IT_ENDS[business.kind]}"
            for each, business in zip(listed, found.open, strict=True)
        )
        return cls(
            code=ProblemCode.STUDENT_HAS_OPEN_BUSINESS,
            message=f"This has to end first. {ways}.",
            retryable=False,
            open=listed,
        )


@strawberry.input(description="A student who is to be forgotten.")
class EraseStudentInput:
    student_id: ID = field(description="The student: the platform's id of them, as their token has it.")
    reason: str = field(
        description="Why, for the audit, where it stays: 1 to 500 characters, which must not name the student."
    )


@graphql_type(description="Nothing in the books has the student's id any more.")
class EraseStudentSuccess(Wraps[outcomes.StudentErased]):
    pseudonym: str | None = _erased.field(
        "What stands in the place of the id now, in what has to be kept: drawn by chance, so that it tells nothing of "
        "the student. Null where nothing had the id.",
        lambda erased: erased.pseudonym,
    )
    payments: int = _erased.field("How many payments stand under it.", lambda erased: erased.payments)
    purchases: int = _erased.field("How many purchases stand under it.", lambda erased: erased.purchases)
    already_processed: bool = _erased.field(
        "Whether there was nothing to do: nothing has the id. The student was erased before, or never was here; nobody "
        "can tell any more.",
        lambda erased: erased.already_processed,
    )


EraseStudentResult = Annotated[
    EraseStudentSuccess | StudentHasOpenBusiness | InvalidInput,
    strawberry.union("EraseStudentResult", description="What `eraseStudent` answers."),
]
