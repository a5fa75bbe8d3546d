"""What support finds, in the API: what a text names, and what waits for a person, with the calls that end it."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID
from strawberry import type as graphql_type
from strawberry.scalars import JSON

from gateway.schema.conventions import ids
from gateway.schema.conventions.enums import AttentionKind, JobKind
from gateway.schema.courses import Course
from gateway.schema.jobs import OF_PAYMENTS, OF_PURCHASES, Job
from gateway.schema.purchases import Payment, Purchase, Refund, Student
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.rules import cases

_item = FieldsOf[cases.Attention]()
_call = FieldsOf[cases.Call]()

DOCUMENT = "mutation($input: {type}!) {{ {name}(input: $input) {{ __typename ... on Problem {{ code message }} }} }}"


@graphql_type(
    description="A call that ends what needs a person: send `document` with `variables`, or name it yourself."
)
class AttentionCall(Wraps[cases.Call]):
    mutation: str = _call.field("The mutation.", lambda call: call.mutation)
    effect: str = _call.field("What it does, and when to choose it.", lambda call: call.effect)
    document: str = _call.field("The mutation as a document.", lambda call: _document(call.mutation))
    variables: JSON = _call.field(
        "The document's variables. `reason`, which the audit keeps, says the usual: say it in your own words.",
        lambda call: JSON({"input": {"jobId": ids.to_text(ids.JOB, call.job_id), "reason": call.reason}}),
    )


@graphql_type(description="Something that waits for a person.")
class AttentionItem(Wraps[cases.Attention]):
    id: ID = _item.field("The id of its job, or of its dispute, which is a refund.", lambda item: _id(item))
    kind: AttentionKind = _item.field("What it is.", lambda item: item.kind)
    reason: str = _item.field("What happened, and what to do about it.", lambda item: item.reason)
    since: dt.datetime = _item.field("From when on it waits for a person.", lambda item: item.since)
    job: Job | None = _item.wrapped(
        "The job that was given up, or the case; null for a dispute.", lambda item: item.job
    )
    payment: Payment | None = _item.relation(
        "The payment that it is about, if it is about one.",
        by=lambda item: item.about if item.about[0] in OF_PAYMENTS else None,
    )
    purchase: Purchase | None = _item.relation(
        "The purchase that it is about, if it is about one.", by=lambda item: _subject(item, OF_PURCHASES)
    )
    refund: Refund | None = _item.relation(
        "The refund that was not made, or the dispute.",
        by=lambda item: _subject(item, frozenset({JobKind.PAYMENT_REFUND})),
    )
    calls: list[AttentionCall] = _item.relation(
        "The calls that end it, the one to try first before the others: those alone that would be done now. None of a "
        "dispute, which the bank ends.",
        by=lambda item: item,
    )


def _document(name: str) -> str:
    return DOCUMENT.format(name=name, type=f"{name[0].upper()}{name[1:]}Input")


def _id(item: cases.Attention) -> ID:
    return ID(ids.to_text(ids.JOB if item.job else ids.REFUND, item.id))


def _subject(item: cases.Attention, kinds: frozenset[JobKind]) -> UUID | None:
    kind, subject_id = item.about
    return subject_id if kind in kinds else None


SearchHit = Annotated[
    Payment | Purchase | Refund | Job | Student | Course,
    strawberry.union("SearchHit", description="What a text names."),
]
