"""JSON of requests and answers: by orjson, and by the standard library what orjson cannot do."""

import json
from typing import NoReturn

import orjson

_DIGITS = bytes(ord("0") if 0x30 <= each <= 0x39 else ord(" ") for each in range(256))
"""Digits as zeros, and all else as blanks: a search for so many zeros is many times a regular expression's pace."""

_LONG_NUMBER = b"0" * 18
"""Perhaps an integer of more than 64 bits, which orjson would round."""


def read(content: bytes) -> object:
    """Parse a text in UTF-8.

    Raises:
        ValueError: it is malformed, not UTF-8, or nested without end.
    """
    if _LONG_NUMBER not in content.translate(_DIGITS):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            pass
    return read_text(content.decode())  # lone surrogates, which escapes can carry, and numbers of any size


def read_text(text: str) -> object:
    """The same of a text that is decoded already. Raises: ValueError."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested without end") from None


def write(content: object) -> bytes:
    """In one line."""
    try:
        return orjson.dumps(content)
    except TypeError:  # a message that quotes a lone surrogate, which only escapes can carry
        return json.dumps(content).encode()


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
