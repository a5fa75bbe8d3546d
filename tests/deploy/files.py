"""The files of deploy/, and what stands in them in this machine's words instead."""

from collections.abc import Mapping
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def filled_in(name: str, words: Mapping[str, str]) -> str:
    """A file of deploy/ with other words: each of them has to be there, so that what is tried is what is shipped."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for word, instead in words.items():
        assert word in text, f"{name} says nowhere {word!r}"
        text = text.replace(word, instead)
    return text
