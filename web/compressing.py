"""Which files of a page are compressed when it is installed, so that no request waits for it."""

from __future__ import annotations

from pathlib import Path

PROGRAM = Path(__file__).resolve().with_name("compress.mjs")
HOW = (Path(__file__).resolve(), PROGRAM)
"""What the compressed files are made by, for whoever tells whether they are up to date."""

COMPRESSED = frozenset({".css", ".js", ".json", ".svg", ".txt"})
"""Text, that is: pictures and fonts are compressed as they are."""


def compression(node: str, folder: Path) -> list[str]:
    """The command that writes `.br` and `.gz` beside every file of text in the folder and below it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in COMPRESSED)
    return [node, str(PROGRAM), *map(str, files)]
