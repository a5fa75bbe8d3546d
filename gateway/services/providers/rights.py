"""What our key at a provider may not read, logged once and not on every call."""

from dataclasses import dataclass

import structlog

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Right:
    """A permission of our key that is optional: `needed` is what an operator has to add, and where."""

    provider: str
    needed: str
    without: str
    is_missed: bool = False

    def missed(self, error: str) -> None:
        if not self.is_missed:
            log.error(f"{self.provider} may not be read here", needed=self.needed, until_then=self.without, error=error)
        self.is_missed = True

    def held(self) -> None:
        """If the permission is lost again later, that is logged again."""
        self.is_missed = False


def to_disputes(provider: str, needed: str) -> Right:
    without = "a dispute is not known here: it holds up no refund, and one that is lost takes no purchase back"
    return Right(provider, needed, without)


def to_events(provider: str, needed: str) -> Right:
    without = "a lost webhook is found by what was made since, and not where only the state of an older thing changed"
    return Right(provider, needed, without)
