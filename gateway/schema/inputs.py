"""The inputs of the mutations."""

import datetime as dt

import strawberry
from strawberry import ID, field

from gateway.schema.enums import OnExistingPurchase, PaymentProvider, PaymentPurpose
from gateway.schema.metadata import PurchaseMetadataInput
from gateway.schema.scalars import Currency, MinorUnits, PurchaseTier
from gateway.services.core import values
from gateway.services.core.proofs import Proof, RazorpayProof, SandboxProof, StripeProof

KEY = (
    "Your own name for this wish, 1 to 255 characters. The same key and input again give the same result and change "
    "nothing; the same key with other input is `IdempotencyKeyReused`."
)

WHY = "Why, for the audit: 1 to 500 characters."


@strawberry.input(description="A checkout to be started.")
class CreatePaymentInput:
    course_id: ID = field(description="The course to pay for.")
    tier: PurchaseTier | None = field(default=None, description="The tier, by its code. This or `sessionCount`.")
    session_count: int | None = field(
        default=None, description="The tier, by its number of sessions. With `tier`, both must agree."
    )
    metadata: PurchaseMetadataInput = field(
        description="When and how the sessions shall take place; bound from here on."
    )
    provider: PaymentProvider | None = field(
        default=None, description="Who shall move the money; left out, the default."
    )
    purpose: PaymentPurpose | None = field(default=PaymentPurpose.PURCHASE, description="What the payment is for.")
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(
    description="A test token in the place of a card: `tok_succeed`, `tok_decline_<code>`, `tok_process_<n>` (succeeds "
    "after n checks), `tok_timeout`, `tok_capture_<amountMinor>_<CURRENCY>`, `tok_refuse_refund` "
    "(succeeds, and no money goes back of it), `tok_unpaid`, `tok_cancel`."
)
class SandboxProofInput:
    token: str = field(description="The test token.")


@strawberry.input(description="What Stripe's elements give the browser when they have confirmed a payment intent.")
class StripeProofInput:
    payment_intent_id: str = field(description="The intent's id, `pi_…`; it must be the payment's own.")


@strawberry.input(description="What Razorpay's checkout gives its handler when a payment was made.")
class RazorpayProofInput:
    order_id: str = field(description="`razorpay_order_id`; it must be the payment's own.")
    payment_id: str = field(description="`razorpay_payment_id`.")
    signature: str = field(description="`razorpay_signature`.")


@strawberry.input(
    one_of=True, description="What the provider's front-end SDK handed the browser, where it hands one over."
)
class PaymentProofInput:
    sandbox: SandboxProofInput | None = field(default=strawberry.UNSET, description="For a payment with SANDBOX.")
    stripe: StripeProofInput | None = field(default=strawberry.UNSET, description="For a payment with STRIPE.")
    razorpay: RazorpayProofInput | None = field(default=strawberry.UNSET, description="For a payment with RAZORPAY.")

    def to_value(self) -> Proof | None:
        if self.stripe:
            return StripeProof(self.stripe.payment_intent_id)
        if self.razorpay:
            return RazorpayProof(self.razorpay.order_id, self.razorpay.payment_id, self.razorpay.signature)
        return SandboxProof(self.sandbox.token) if self.sandbox else None


@strawberry.input(description="A payment to be settled.")
class ConfirmPaymentInput:
    payment_id: ID = field(description="The payment.")
    proof: PaymentProofInput | None = field(
        default=None,
        description="What the provider handed the browser. Left out, the provider is asked as things stand.",
    )
    metadata: PurchaseMetadataInput | None = field(
        default=None, description="Given, it must agree with what the payment was opened with."
    )


@strawberry.input(description="A purchase to be granted without a payment.")
class CreatePurchaseInput:
    student_id: ID = field(
        description="Whose it shall be: the platform's id of the student, as their token has it. 1 to 128 printable "
        "characters, without a blank at an end."
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
        description="When the access shall end, in the future; left out, the tier's validity counts, and all its "
        "sessions must fit in. An end that is named is taken as it is.",
    )
    metadata: PurchaseMetadataInput = field(description="When and how the sessions shall take place.")
    reason: str = field(description="Why it is granted, for the audit: 1 to 500 characters.")
    on_existing: OnExistingPurchase = field(
        default=OnExistingPurchase.RETURN, description="What to do about an active purchase of another tier."
    )
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(
    description="A purchase that shall end later. The end is named and not counted in days, so that asking twice "
    "extends once. For more sessions, grant a higher tier: `createPurchase` with `onExisting: REPLACE`."
)
class ExtendPurchaseInput:
    purchase_id: ID = field(description="The purchase: an ACTIVE one that has an end, or an EXPIRED one.")
    expiry_date: dt.datetime = field(description="When it shall end: in the future, and not before it ends now.")
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="A purchase whose metadata was wrong, with the metadata that it shall have.")
class CorrectPurchaseMetadataInput:
    purchase_id: ID = field(description="The purchase: an ACTIVE one.")
    metadata: PurchaseMetadataInput = field(
        description="All of its metadata, as it shall be; what is left out of it is gone, labels too."
    )
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="A purchase to be taken back.")
class RevokePurchaseInput:
    purchase_id: ID = field(description="The purchase: an ACTIVE one.")
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="An amount of money.")
class MoneyInput:
    amount_minor: MinorUnits = field(
        description="In the currency's minor unit by ISO 4217: 49900 INR are ₹499.00, 499 JPY are ¥499."
    )
    currency: Currency = field(description="ISO 4217.")


@strawberry.input(description="One way to buy a course.")
class CourseTierInput:
    code: PurchaseTier = field(description="1 to 32 letters, digits, - or _; once in a course.")
    session_count: int = field(description="How many sessions: 1 to 10000.")
    price: MoneyInput = field(description="What it costs; 0 is free, and then an admin grants it.")
    validity_days: int | None = field(default=None, description="How many days an access lasts; left out, without end.")
    rank: int = field(description="Orders the tiers, 0 to 1000, once in a course: buying a higher one is an upgrade.")

    def to_value(self) -> values.Tier:
        price = values.Money(self.price.amount_minor, self.price.currency)
        return values.Tier(self.code, self.session_count, price, self.validity_days, self.rank)


@strawberry.input(description="A course as it shall stand in the catalogue.")
class SaveCourseInput:
    id: ID | None = field(default=None, description="The course to change; left out, a new one.")
    title: str = field(description="What people call it, 1 to 200 characters.")
    tiers: list[CourseTierInput] = field(
        description="All its tiers, 1 to 50. A tier left out is no longer sold; purchases of it stand."
    )
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="Captured money to be given back.")
class RefundPaymentInput:
    payment_id: ID = field(description="The payment.")
    amount_minor: MinorUnits | None = field(
        default=None,
        description="How much, in the minor unit of what was captured; left out, all that is left. "
        "an `idempotencyKey`.",
    )
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(
        default=None,
        description=KEY + " Needed with `amountMinor`: the same call twice would give two parts back. Without one, all "
        "that is left goes back once.",
    )


@strawberry.input(description="A job that ended without success, to be run again.")
class RetryJobInput:
    job_id: ID = field(description="The job.")
    reason: str = field(description=WHY)


@strawberry.input(description="A job to be called off, or one that FAILED and is dealt with.")
class CancelJobInput:
    job_id: ID = field(description="The job.")
    reason: str = field(description=WHY)
