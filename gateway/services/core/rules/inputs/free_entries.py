"""Free entries of another system's sale: kept as far as possible, as they decide nothing."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.services.core.model.metadata import Label
from gateway.services.core.rules.inputs.metadata import LONGEST_LABEL_KEY, LONGEST_LABEL_VALUE, MOST_LABELS
from gateway.services.core.rules.inputs.texts import text_problem

_BROKEN = "\ufffd"
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Kept:
    """The labels that were kept; `cleaned` and `left_out` name the entries that were changed, and those left out."""

    labels: tuple[Label, ...]
    cleaned: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def keep(entries: Mapping[str, str]) -> Kept:
    """The entries as valid labels, in the order of their names, without blank ones.

    A value is cleaned and cut. An entry is left out where its name is not valid, where nothing is left of its value, or
    where there are too many.
    """
    labels: list[Label] = []
    cleaned: list[str] = []
    left_out: list[str] = []
    for name, text in sorted(entries.items()):
        if not text.strip():
            continue
        value = text if text_problem(text, LONGEST_LABEL_VALUE) is None else _cleaned(text)
        is_right = not text_problem(name, LONGEST_LABEL_KEY) and not text_problem(value, LONGEST_LABEL_VALUE)
        if not is_right or len(labels) == MOST_LABELS:
            left_out.append(_shown(name))
            continue
        labels.append(Label(name, value))
        if value != text:
            cleaned.append(name)
    return Kept(tuple(labels), tuple(cleaned), tuple(left_out))


def _cleaned(text: str) -> str:
    """On one line, without broken or direction-changing characters, and no longer than a label may be."""
    readable = "".join(map(_character, _TURNS.sub("", text)))
    return " ".join(readable.split())[:LONGEST_LABEL_VALUE].rstrip()


def _character(character: str) -> str:
    match unicodedata.category(character):
        case "Cs":  # half of a character, whose other half is lost
            return _BROKEN
        case category if category in _BREAKS:
            return " "
        case _:
            return character


def _shown(name: str) -> str:
    """A name that may be invalid, in a form that can be shown."""
    return _cleaned(name)[:LONGEST_LABEL_KEY] or _BROKEN
