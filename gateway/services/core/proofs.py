"""What a provider's front-end SDK hands the browser, to be handed on to the provider. Each provider has its own."""

from dataclasses import dataclass

from gateway.services.core.values import Provider


@dataclass(frozen=True, slots=True)
class SandboxProof:
    """A test token in the place of a card."""

    token: str


Proof = SandboxProof


def provider_of(proof: Proof) -> Provider:
    """Whose proof it is."""
    match proof:
        case SandboxProof():
            return Provider.SANDBOX
