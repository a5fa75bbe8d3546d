"""Rows of a CSV file or of JSON lines: one that cannot be read is named, and the next one is read all the same."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from gateway.importing.lines import Line, lines_of
from gateway.importing.rows import ImportUnusable, RowSource, SourceRow

MOST_LINES_OF_ROW = 100
"""Lines that one CSV row may take, by line ends within quotes; else a quote was not closed."""

DELIMITERS = ",;\t|"
_NOT_CLOSED = "a quote is not closed"


def file_rows(file: BinaryIO, total: int | None, encoding: str | None = None) -> RowSource:
    """The rows of a file, which is CSV with a header, or JSON lines where it begins with `{`.

    Raises:
        ImportUnusable: it is empty, or neither.
    """
    lines = _Lines(line for line in lines_of(file, encoding) if line.fault or line.text.strip())
    first = lines.next()
    if first is None:
        raise ImportUnusable("It is empty.")
    if first.text.lstrip().startswith("{"):
        lines.put_back([first])
        return RowSource(None, _json_rows(lines), total)
    if first.text.lstrip().startswith("["):
        raise ImportUnusable("It is a JSON array: write one object a line, as `jq -c '.[]'` does.")
    if first.fault:
        raise ImportUnusable(f"Its first line, which names the columns, {first.fault}.")
    header, delimiter = _header(first)
    return RowSource(header, _csv_rows(lines, header, delimiter), total)


class _Lines:
    """Lines that can be put back, to be read once more."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._back: list[Line] = []

    def next(self) -> Line | None:
        return self._back.pop() if self._back else next(self._lines, None)

    def put_back(self, lines: Sequence[Line]) -> None:
        self._back += reversed(lines)


def _header(line: Line) -> tuple[list[str], str]:
    """The columns, and what stands between them."""
    delimiter = max(DELIMITERS, key=line.text.count)
    if "\r" in line.text:
        raise ImportUnusable("Its lines end as on old Macs, by CR alone: save it with LF, or CR and LF.")
    try:
        [names] = csv.reader([line.text], delimiter=delimiter)
    except csv.Error as error:
        raise ImportUnusable(f"Its first line, which names the columns, is no CSV: {error}.") from None
    header = [name.strip() for name in names]
    if twice := [name for name, count in Counter(header).items() if count > 1 and name]:
        raise ImportUnusable(f"Its first line names the column {twice[0]!r} twice.")
    if len(header) < 2:
        raise ImportUnusable("Its first line names no columns: it must be CSV with a header, or JSON lines.")
    return header, delimiter


def _csv_rows(lines: _Lines, header: Sequence[str], delimiter: str) -> Iterator[SourceRow]:
    width = len(header)
    while (line := lines.next()) is not None:
        if line.fault:
            yield SourceRow(line.number, None, line.fault, line.size)
            continue
        fields: Sequence[str] | str
        if '"' in line.text:
            fields, size = _quoted_fields(line, lines, delimiter, width)
        else:
            fields, size = line.text.split(delimiter), line.size
        if isinstance(fields, str):
            yield SourceRow(line.number, None, fields, size)
        elif len(fields) != width:
            cut = "the file ends in the midst of it: it" if line.is_cut else "it"
            yield SourceRow(line.number, None, f"{cut} has {len(fields)} fields, and the header {width}", size)
        else:
            yield SourceRow(line.number, dict(zip(header, fields, strict=True)), None, size)


def _quoted_fields(line: Line, lines: _Lines, delimiter: str, width: int) -> tuple[Sequence[str] | str, int]:
    """The fields of a row with quotes, which may go on for several lines; or what is wrong with its first line: then
    the others are put back, for they are rows of their own."""
    taken = [line]
    while sum(each.text.count('"') for each in taken) % 2 and len(taken) < MOST_LINES_OF_ROW:
        more = lines.next()
        if more is None or more.fault:
            lines.put_back([more] if more else [])
            break
        taken.append(more)
    try:
        [fields] = csv.reader(["\n".join(each.text for each in taken)], delimiter=delimiter, strict=True)
        if len(taken) == 1 or len(fields) == width:
            return fields, taken[-1].size
    except (csv.Error, ValueError) as error:
        lines.put_back(taken[1:])
        return _said(error, line, is_open=len(taken) > 1), line.size
    lines.put_back(taken[1:])
    return _NOT_CLOSED, line.size


def _said(error: Exception, line: Line, *, is_open: bool) -> str:
    what = str(error)
    if "limit" not in what and (is_open or "unexpected end" in what or isinstance(error, ValueError)):
        return f"the file ends in the midst of it: {_NOT_CLOSED}" if line.is_cut else _NOT_CLOSED
    return f"a field is larger than {csv.field_size_limit()} characters" if "limit" in what else f"it is no CSV: {what}"


def _json_rows(lines: _Lines) -> Iterator[SourceRow]:
    while (line := lines.next()) is not None:
        if line.fault:
            yield SourceRow(line.number, None, line.fault, line.size)
            continue
        try:
            values = json.loads(line.text, object_pairs_hook=_named_once)
        except (ValueError, RecursionError) as error:
            cut = "the file ends in the midst of it" if line.is_cut else _why_no_json(error)
            yield SourceRow(line.number, None, cut, line.size)
            continue
        if isinstance(values, dict):
            yield SourceRow(line.number, values, None, line.size)
        else:
            yield SourceRow(line.number, None, "it is no JSON object", line.size)


class _NamedTwice(ValueError):
    """An object has two values of one name, of which a reader would take either."""


def _named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise _NamedTwice(f"it names {next(name for name, count in counts.items() if count > 1)!r} twice")
    return values


def _why_no_json(error: Exception) -> str:
    match error:
        case _NamedTwice():
            return str(error)
        case json.JSONDecodeError():
            return f"it is no JSON: {error.msg}"
        case RecursionError():
            return "it is no JSON: nested too deep"
        case _:
            return "it is no JSON: a number in it has too many digits"
