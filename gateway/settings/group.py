"""What every group of settings has: fields with descriptions, and beside them the rules that hold between them."""

from collections.abc import Iterator
from typing import Literal

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Group(BaseModel):
    """Settings that belong together. A field holds what was said; a property, what is in force because of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    env: Literal["development", "production"] = Field(
        default="development", description="`production` refuses what is only safe on a developer's machine."
    )

    def problems(self) -> Iterator[str]:
        """One sentence for each thing that is wrong among these fields; never the value of a secret."""
        yield from ()


def is_protected(url: AnyHttpUrl) -> bool:
    """Whether nobody between here and there reads what is sent."""
    return url.scheme == "https" or url.host in LOOPBACK
