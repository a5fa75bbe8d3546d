"""The JSON of a webhook's body: read strictly, and kept only where it is plain."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

from gateway.services.providers.base import BadSignature

MOST_DIGITS = 19
"""Of a whole number: what 64 bits hold, which is more than any amount or time."""

_PLAIN = re.compile(r"[\x21-\x7e]{1,200}")


def read_object(body: bytes) -> Mapping[str, object]:
    """The object that a body is.

    Raises:
        BadSignature: it is no object, or repeats a name, or has invalid numbers.
    """
    try:
        read = json.loads(
            body.decode(),
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):  # malformed, not UTF-8, or nested without end
        read = None
    if not isinstance(read, dict):
        raise BadSignature("what was signed is no event")
    return read


def plain(text: object) -> str:
    """A text that every database can keep: the visible characters of ASCII, as providers' names and ids are.

    Raises:
        BadSignature: it is no such text.
    """
    if not isinstance(text, str) or not _PLAIN.fullmatch(text):
        raise BadSignature("what was signed is no event: a name or an id in it is none")
    return text


def texts(metadata: object) -> Mapping[str, str] | None:
    """The metadata of an object; None where it shows none. Razorpay writes empty metadata as a list."""
    if isinstance(metadata, dict):
        return {name: value for name, value in metadata.items() if isinstance(value, str)}
    return {} if metadata == [] else None


def _once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    listed = list(pairs)
    read = dict(listed)
    if len(read) < len(listed):
        raise ValueError("a name is there twice")
    return read


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise ValueError("a number is too large")
    return int(digits)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
