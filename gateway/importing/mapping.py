"""The mapping of an import: which column of theirs is which field of ours, what all rows have, and their words."""

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.importing.rows import ImportUnusable
from gateway.services.core.legacy.body import PLATFORM_TIME_ZONE
from gateway.services.core.legacy.old_fields import FIELDS
from gateway.services.core.legacy.values import is_blank
from gateway.services.core.rules.inputs.texts import text_problem
from gateway.services.core.rules.schedule.zones import is_time_zone

SOURCE = "old"
MOST_SHAPES = 1_000
"""Sets of names that rows have, of which it is remembered which of ours they are."""
LONGEST_SOURCE = 64
_PARTS = ("source", "timeZone", "timesIn", "columns", "constants", "values")


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """Args:
    source: the old system's name, within which old ids are unique.
    time_zone: that of slots whose row names none.
    times_in: that of times that are written without an offset.
    columns: their column of our field.
    constants: what all rows have.
    values: of a field, our value for theirs.
    """

    source: str = SOURCE
    time_zone: str = PLATFORM_TIME_ZONE
    times_in: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def check(self) -> None:
        """Raises: ImportUnusable, where its texts mean nothing."""
        for name, zone in (("timeZone", self.time_zone), ("timesIn", self.times_in)):
            if zone is not None and not is_time_zone(zone):
                raise ImportUnusable(f"{name}: must be an IANA time zone, such as Asia/Kolkata; this is {zone!r}.")
        if problem := text_problem(self.source, LONGEST_SOURCE):
            raise ImportUnusable(f"source: {problem}.")

    def of_header(self, header: Sequence[str] | None) -> "Mapper":
        """How rows with these columns are turned into our fields; None where each row has names of its own.

        Raises:
            ImportUnusable: the mapping names a column that is not there.
        """
        for name, column in self.columns.items() if header is not None else ():
            if column not in (header or ()):
                raise ImportUnusable(
                    f"The mapping has {column!r} for {name}, and there is no such column. There are:"
                    f" {', '.join(header or ())}."
                )
        return Mapper(self)


class Mapper:
    """Turns rows into our fields: by the mapping, else by our own names in any spelling (oldId, old_id, Old Id)."""

    def __init__(self, mapping: ImportMapping) -> None:
        self._mapping = mapping
        self._known: dict[tuple[str, ...], dict[str, str]] = {}
        """Of the columns of rows, our fields with theirs."""

    def fields_of(self, row: Mapping[str, object]) -> dict[str, object]:
        """What a row says by our names. Where its own field is blank it has what all rows have."""
        found: dict[str, object] = dict(self._mapping.constants)
        for name, column in self.columns_of(tuple(row)).items():
            value = _turned(_at(row, column), self._mapping.values.get(name))
            if name not in found or not is_blank(value):
                found[name] = value
        return found

    def columns_of(self, header: tuple[str, ...]) -> dict[str, str]:
        """Our fields, each with its column among these."""
        if header not in self._known:
            if len(self._known) == MOST_SHAPES:
                self._known.clear()
            of_mapping = self._mapping.columns
            columns = {name: of_mapping.get(name) or _default(name, header) for name in FIELDS}
            self._known[header] = {name: column for name, column in columns.items() if column is not None}
        return self._known[header]

    def unused(self, header: Sequence[str]) -> list[str]:
        """The columns that mean nothing here."""
        used = {column.partition(".")[0] for column in self.columns_of(tuple(header)).values()}
        return [column for column in header if column and column not in used]


def read_mapping(path: Path) -> ImportMapping:
    """The mapping of a file, which is TOML or JSON.

    Raises:
        ImportUnusable: it cannot be read, or says what no mapping says.
        OSError: there is no such file.
    """
    content, form = path.read_bytes(), "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        text = content.decode("utf-8-sig")
        said = json.loads(text) if form == "JSON" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ImportUnusable(f"{path}: cannot be read as {form}: {error}.") from None
    return mapping_of(said, str(path))


def mapping_of(said: object, where: str) -> ImportMapping:
    """Raises: ImportUnusable."""
    if not isinstance(said, dict):
        raise ImportUnusable(f"{where}: must be a table with {', '.join(_PARTS)}.")
    _check_names(said, _PARTS, f"{where}: the mapping")
    columns, constants, values = (_table(said, name, where) for name in ("columns", "constants", "values"))
    for name, table in (("columns", columns), ("constants", constants), ("values", values)):
        _check_names(table, tuple(FIELDS), f"{where}: {name}")
    return ImportMapping(
        source=_text(said, "source", where) or SOURCE,
        time_zone=_text(said, "timeZone", where) or PLATFORM_TIME_ZONE,
        times_in=_text(said, "timesIn", where),
        columns={name: str(column) for name, column in columns.items()},
        constants=constants,
        values={name: {str(key): value for key, value in _table(values, name, where).items()} for name in values},
    )


def _check_names(table: Mapping[str, object], known: Sequence[str], where: str) -> None:
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            hint = f" Is it {near[0]}?" if near else f" There are {', '.join(known)}."
            raise ImportUnusable(f"{where} has {name!r}, which means nothing.{hint}")


def _table(said: Mapping[str, object], name: str, where: str) -> dict[str, object]:
    table = said.get(name, {})
    if not isinstance(table, dict):
        raise ImportUnusable(f"{where}: {name} must be a table.")
    return table


def _text(said: Mapping[str, object], name: str, where: str) -> str | None:
    text = said.get(name)
    if text is not None and not (isinstance(text, str) and text.strip()):
        raise ImportUnusable(f"{where}: {name} must be a text.")
    return text


def _turned(value: object, words: Mapping[str, object] | None) -> object:
    """Our value for theirs, or theirs where the mapping has none for it. What is not given is an empty text there."""
    if words is None or isinstance(value, dict | list):
        return value
    return words.get("" if value is None else _as_word(value), value)


def _as_word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _at(row: Mapping[str, object], column: str) -> object:
    """The value of a column; or of a path through objects, as `payment.reference`."""
    if column in row or "." not in column:
        return row.get(column)
    value: object = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _default(name: str, header: Sequence[str]) -> str | None:
    wanted = _plain(name)
    return next((column for column in header if _plain(column) == wanted), None)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
