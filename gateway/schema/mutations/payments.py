"""What may be asked about payments: inputs, what each answers, and what it may come to."""

from typing import Annotated

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions.enums import PaymentProvider, PaymentPurpose
from gateway.schema.conventions.scalars import PurchaseTier
from gateway.schema.metadata import PurchaseMetadataInput
from gateway.schema.mutations.descriptions import ALREADY, KEY
from gateway.schema.problems import (
    ActivePurchaseExists,
    DuplicatePayment,
    IdempotencyKeyReused,
    InvalidInput,
    MetadataConflict,
    NotFound,
    PaymentDeclined,
    PaymentPending,
)
from gateway.schema.purchases import Payment, Purchase
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import outcomes
from gateway.services.core.model.proofs import Proof, RazorpayProof, SandboxProof, StripeProof

_opened = FieldsOf[outcomes.Opened]()
_confirmed = FieldsOf[outcomes.Confirmed]()


@strawberry.input(description="A checkout to be started.")
class CreatePaymentInput:
    course_id: ID = field(description="The course to pay for.")
    tier: PurchaseTier | None = field(default=None, description="The tier, by its code. This or `sessionCount`.")
    session_count: int | None = field(
        default=None, description="The tier, by its number of sessions. With `tier`, both must agree."
    )
    metadata: PurchaseMetadataInput = field(
        description="When and how the sessions will take place; fixed from here on."
    )
    provider: PaymentProvider | None = field(
        default=None, description="Who moves the money; left out, the default provider."
    )
    purpose: PaymentPurpose | None = field(default=PaymentPurpose.PURCHASE, description="What the payment is for.")
    idempotency_key: str | None = field(default=None, description=KEY)


@graphql_type(description="The checkout is open; the student can pay.")
class CreatePaymentSuccess(Wraps[outcomes.Opened]):
    payment: Payment = _opened.wrapped("The payment, to be confirmed once it is paid.", lambda opened: opened.payment)
    client_secret: str | None = _opened.field(
        "What the provider's front-end SDK needs, where it needs something.", lambda opened: opened.client_secret
    )
    already_processed: bool = _opened.field(ALREADY, lambda opened: opened.already_processed)


CreatePaymentResult = Annotated[
    CreatePaymentSuccess | InvalidInput | NotFound | ActivePurchaseExists | IdempotencyKeyReused,
    strawberry.union("CreatePaymentResult", description="What `createPayment` answers."),
]


@strawberry.input(description="A payment to be settled.")
class ConfirmPaymentInput:
    payment_id: ID = field(description="The payment.")
    proof: "PaymentProofInput | None" = field(
        default=None,
        description="What the provider handed the browser. Left out, the provider is asked for the present state.",
    )
    metadata: PurchaseMetadataInput | None = field(
        default=None, description="Where given, it must agree with what the payment was opened with."
    )


@strawberry.input(
    one_of=True, description="What the provider's front-end SDK handed the browser, where it hands one over."
)
class PaymentProofInput:
    sandbox: "SandboxProofInput | None" = field(default=strawberry.UNSET, description="For a payment with SANDBOX.")
    stripe: "StripeProofInput | None" = field(default=strawberry.UNSET, description="For a payment with STRIPE.")
    razorpay: "RazorpayProofInput | None" = field(default=strawberry.UNSET, description="For a payment with RAZORPAY.")

    def to_value(self) -> Proof | None:
        if self.stripe:
            return StripeProof(self.stripe.payment_intent_id)
        if self.razorpay:
            return RazorpayProof(self.razorpay.order_id, self.razorpay.payment_id, self.razorpay.signature)
        return SandboxProof(self.sandbox.token) if self.sandbox else None


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


@graphql_type(description="The payment is captured and the course is the student's.")
class ConfirmPaymentSuccess(Wraps[outcomes.Confirmed]):
    payment: Payment = _confirmed.wrapped("The payment.", lambda confirmed: confirmed.payment)
    purchase: Purchase = _confirmed.wrapped("What it became.", lambda confirmed: confirmed.purchase)
    already_processed: bool = _confirmed.field(ALREADY, lambda confirmed: confirmed.already_processed)


ConfirmPaymentResult = Annotated[
    ConfirmPaymentSuccess
    | PaymentPending
    | PaymentDeclined
    | DuplicatePayment
    | MetadataConflict
    | InvalidInput
    | NotFound,
    strawberry.union("ConfirmPaymentResult", description="What `confirmPayment` answers."),
]
