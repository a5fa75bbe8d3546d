"""What an admin may ask about purchases: inputs, what each answers, and what it may come to."""

import datetime as dt
from typing import Annotated

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions.enums import OnExistingPurchase
from gateway.schema.conventions.scalars import PurchaseTier
from gateway.schema.metadata import PurchaseMetadataInput
from gateway.schema.mutations.descriptions import ALREADY, KEY, WHY
from gateway.schema.problems import (
    ActivePurchaseExists,
    IdempotencyKeyReused,
    InvalidInput,
    MetadataConflict,
    NotFound,
)
from gateway.schema.purchases import Purchase
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import outcomes

_created = FieldsOf[outcomes.Created]()
_extended = FieldsOf[outcomes.Extended]()
_corrected = FieldsOf[outcomes.Corrected]()
_revoked = FieldsOf[outcomes.Revoked]()


@strawberry.input(description="A purchase to be granted without a payment.")
class CreatePurchaseInput:
    student_id: ID = field(
        description="The student: the platform's id of them, as their token has it. 1 to 128 printable characters, "
        "without a blank at either end."
    )
    course_id: ID = field(description="The course.")
    purchase_tier: PurchaseTier | None = field(
        default=None, description="The tier, by its code. This or `sessionCount`."
    )
    session_count: int | None = field(
        default=None, description="The tier, by its number of sessions. With `purchaseTier`, both must agree."
    )
    expiry_date: dt.datetime | None = field(
        default=None,
        description="When the access ends, in the future; left out, that follows from the tier's validity, and all its "
        "sessions must fit in. An end that is given is taken as it is.",
    )
    metadata: PurchaseMetadataInput = field(description="When and how the sessions will take place.")
    reason: str = field(description="Why it is granted, for the audit: 1 to 500 characters.")
    on_existing: OnExistingPurchase = field(
        default=OnExistingPurchase.RETURN, description="What to do about an active purchase of another tier."
    )
    idempotency_key: str | None = field(default=None, description=KEY)


@graphql_type(description="The course is the student's.")
class CreatePurchaseSuccess(Wraps[outcomes.Created]):
    purchase: Purchase = _created.wrapped("The purchase.", lambda created: created.purchase)
    already_processed: bool = _created.field(ALREADY, lambda created: created.already_processed)
    replaced: Purchase | None = _created.wrapped(
        "The purchase that it replaced, with `onExisting: REPLACE`.",
        lambda created: created.replaced,
    )


CreatePurchaseResult = Annotated[
    CreatePurchaseSuccess | ActivePurchaseExists | MetadataConflict | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union(
        "CreatePurchaseResult", description="What `createPurchase`, and each item of `createPurchases`, answers."
    ),
]


@strawberry.input(
    description="A purchase that is to end later. The end is a date and not a number of days, so that asking twice "
    "extends once. For more sessions, grant a higher tier: `createPurchase` with `onExisting: REPLACE`."
)
class ExtendPurchaseInput:
    purchase_id: ID = field(description="The purchase: an ACTIVE one that has an end, or an EXPIRED one.")
    expiry_date: dt.datetime = field(description="When it is to end: in the future, and not before it ends now.")
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(default=None, description=KEY)


@graphql_type(description="The purchase ends when it was asked to; one that had expired is active again.")
class ExtendPurchaseSuccess(Wraps[outcomes.Extended]):
    purchase: Purchase = _extended.wrapped("The purchase.", lambda extended: extended.purchase)
    already_processed: bool = _extended.field(ALREADY, lambda extended: extended.already_processed)


ExtendPurchaseResult = Annotated[
    ExtendPurchaseSuccess | ActivePurchaseExists | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("ExtendPurchaseResult", description="What `extendPurchase` answers."),
]


@strawberry.input(description="A purchase whose metadata is wrong, with the right metadata.")
class CorrectPurchaseMetadataInput:
    purchase_id: ID = field(description="The purchase: an ACTIVE one.")
    metadata: PurchaseMetadataInput = field(
        description="All of its metadata as it is to be; what is left out is removed, labels too."
    )
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(default=None, description=KEY)


@graphql_type(description="The purchase has the metadata that was given.")
class CorrectPurchaseMetadataSuccess(Wraps[outcomes.Corrected]):
    purchase: Purchase = _corrected.wrapped("The purchase.", lambda corrected: corrected.purchase)
    already_processed: bool = _corrected.field(ALREADY, lambda corrected: corrected.already_processed)


CorrectPurchaseMetadataResult = Annotated[
    CorrectPurchaseMetadataSuccess | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("CorrectPurchaseMetadataResult", description="What `correctPurchaseMetadata` answers."),
]


@strawberry.input(description="A purchase to be taken back.")
class RevokePurchaseInput:
    purchase_id: ID = field(description="The purchase: an ACTIVE one.")
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(default=None, description=KEY)


@graphql_type(description="The purchase is REVOKED, and so is its access. No money moved.")
class RevokePurchaseSuccess(Wraps[outcomes.Revoked]):
    purchase: Purchase = _revoked.wrapped(
        "The purchase. The payment that it was bought with, if any, stays as it was.",
        lambda revoked: revoked.purchase,
    )
    already_processed: bool = _revoked.field(ALREADY, lambda revoked: revoked.already_processed)


RevokePurchaseResult = Annotated[
    RevokePurchaseSuccess | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("RevokePurchaseResult", description="What `revokePurchase` answers."),
]
