"""Proofs of payment: what a provider's front-end SDK gives the browser. Each provider has its own."""

from dataclasses import dataclass

from gateway.services.core.model.values import Provider


@dataclass(frozen=True, slots=True)
class SandboxProof:
    """A test token instead of a card."""

    token: str


@dataclass(frozen=True, slots=True)
class StripeProof:
    """The id of the payment intent that Stripe Elements confirmed; it must be the payment's own."""

    payment_intent_id: str


@dataclass(frozen=True, slots=True)
class RazorpayProof:
    """What Razorpay's checkout gives its handler; the signature says that the payment was made for the order."""

    order_id: str
    payment_id: str
    signature: str


Proof = SandboxProof | StripeProof | RazorpayProof


def provider_of(proof: Proof) -> Provider:
    """Whose proof it is."""
    match proof:
        case SandboxProof():
            return Provider.SANDBOX
        case StripeProof():
            return Provider.STRIPE
        case RazorpayProof():
            return Provider.RAZORPAY
