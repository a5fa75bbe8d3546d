"""Lines of a file as text, whatever bytes it holds: each with its number, or with what is wrong with it."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from gateway.importing.rows import ImportUnusable

LONGEST_LINE = 1_048_576
"""Bytes. A longer one is no row of a purchase, and is not read into memory."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
PROBE = 4_096


@dataclass(frozen=True, slots=True)
class Line:
    """`is_cut`: the file ends with it, and not with a line's end. `size`: how many bytes were read up to its end."""

    number: int
    text: str
    size: int
    fault: str | None = None
    is_cut: bool = False


def lines_of(file: BinaryIO, encoding: str | None = None) -> Iterator[Line]:
    """The lines of a file without their ends.

    Args:
        encoding: by default what the file's first bytes say, and UTF-8 where they say nothing.

    Raises:
        ImportUnusable: as a whole it cannot be in that encoding.
    """
    begin = file.read(PROBE)
    bom, found = next(((bom, name) for bom, name in _BOMS if begin.startswith(bom)), (b"", None))
    name = _known(encoding) if encoding else found
    if name is None and begin.count(0) > len(begin) // 4:
        raise ImportUnusable("It looks like UTF-16 without a mark at its begin: say --encoding utf-16-le or utf-16-be.")
    if name in ("utf-16", "utf-32") and found:
        name = found
    yield from _decoded(_split(file, begin.removeprefix(bom), name or "utf-8"), name or "utf-8", len(bom))


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        "a,b".encode(name).decode(name)  # there are codecs of other things, and one of nothing
    except (LookupError, ValueError):
        raise ImportUnusable(
            f"--encoding: there is no encoding {encoding!a}; utf-8, utf-16, latin-1 and cp1252 are some."
        ) from None
    return name


def _split(file: BinaryIO, begin: bytes, encoding: str) -> Iterator[tuple[bytes, bool]]:
    """The lines as bytes, without their ends, each with whether it is whole; one that is too long as `LONGEST_LINE`
    and one more byte of it."""
    width = 4 if encoding.startswith("utf-32") else 2 if encoding.startswith("utf-16") else 1
    end = "\n".encode(encoding if encoding.endswith(("le", "be")) or width == 1 else f"{encoding}-le")
    rest, is_over = begin, False
    while True:
        start = 0
        while (at := _find(rest, end, start, width)) >= 0:
            if not is_over:
                yield rest[start:at], True
            is_over, start = False, at + width
        rest = rest[start:]
        if len(rest) > LONGEST_LINE:
            if not is_over:
                yield rest[: LONGEST_LINE + 1], True
            is_over, rest = True, rest[len(rest) // width * width :]
        more = file.read(1 << 18)
        if not more:
            break
        rest += more
    if rest and not is_over:
        yield rest, False


def _find(content: bytes, end: bytes, start: int, width: int) -> int:
    at = content.find(end, start)
    while at >= 0 and (at - start) % width:
        at = content.find(end, at + 1)
    return at


def _decoded(lines: Iterator[tuple[bytes, bool]], encoding: str, size: int) -> Iterator[Line]:
    for number, (content, is_whole) in enumerate(lines, 1):
        size += len(content) + 1
        if len(content) > LONGEST_LINE:
            yield Line(number, "", size, f"is longer than {LONGEST_LINE} bytes")
            continue
        try:
            text = content.decode(encoding)
        except UnicodeError as error:  # of which some codecs do not say at which byte
            fault = f"is not in {encoding}{_place(error, content)}; for another encoding say --encoding"
            yield Line(number, content.decode("latin-1"), size, fault, is_cut=not is_whole)
            continue
        yield Line(number, text.removesuffix("\r"), size, is_cut=not is_whole)


def _place(error: UnicodeError, content: bytes) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return ""
    return f": byte 0x{content[error.start]:02X} at {error.start + 1}"
