"""What the two databases say differently, so that an invariant is written once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.types import microseconds_of

MS, SECOND, MINUTE, HOUR, DAY = 1_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
"""In microseconds."""

MANY = 1_000_000
"""Of what cannot be counted: more than there may be."""

SKEW_US = 10 * MINUTE
"""By how much the clocks of the machines that write to one database may differ."""


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


FEW = 10
"""Words that are compared one by one. SQLite looks a value up in a tree of the words, which takes as long as comparing
about so many, and mostly one of the first decides."""


def among(column: str, words: Iterable[str]) -> str:
    """Whether a text is one of these; the most frequent ones first."""
    several = list(words)
    if len(several) > FEW:
        return f"{column} IN ({', '.join(map(quoted, several))})"
    return f"({' OR '.join(f'{column} = {quoted(word)}' for word in several)})"


def not_among(column: str, words: Iterable[str]) -> str:
    """Whether a text is none of these, where there is one; the most frequent ones first."""
    several = list(words)
    if len(several) > FEW:
        return f"{column} NOT IN ({', '.join(map(quoted, several))})"
    return f"({' AND '.join(f'{column} <> {quoted(word)}' for word in several)})"


def key(column: str, value: str, when: str) -> str:
    """That a row is found by a key, where there can be one. The condition is in the value, and not beside it: SQLite
    looks a row up before it asks anything else of a left join, and looks nothing up for NULL."""
    return f"{column} = CASE WHEN {when} THEN {value} END"


def n(count: str) -> str:
    """How many were gathered; none where nothing was."""
    return f"coalesce({count}, 0)"


def all_of(*conditions: str) -> str:
    return " AND ".join(f"({each})" for each in conditions)


def any_of(*conditions: str) -> str:
    return " OR ".join(f"({each})" for each in conditions)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one database."""

    is_sqlite: bool

    @property
    def last_id(self) -> object:
        """An id after all that there are, as the driver takes it."""
        return b"\xff" * 17 if self.is_sqlite else UUID(int=2**128 - 1)

    def differs(self, one: str, other: str) -> str:
        """Whether two values differ; nothing is equal to nothing."""
        return f"({one} IS NOT {other})" if self.is_sqlite else f"({one} IS DISTINCT FROM {other})"

    def id(self, value: UUID) -> str:
        return f"X'{value.hex}'" if self.is_sqlite else f"CAST('{value}' AS uuid)"

    def instant(self, value: datetime) -> str:
        """A moment as a literal."""
        return str(microseconds_of(value)) if self.is_sqlite else f"CAST('{value.isoformat()}' AS timestamptz)"

    def readable_instant(self, column: str) -> str:
        """An instant, or the first or last one that Python has."""
        if self.is_sqlite:
            return column
        within = f"least(greatest({column}, '0001-01-02 00:00:00Z'), '9999-12-30 00:00:00Z')"
        return f"CASE WHEN {column} IS NOT NULL THEN {within} END"

    def iso(self, column: str) -> str:
        """An instant as the audit has it: in UTC, with microseconds where it has some."""
        if self.is_sqlite:
            part = f"CASE WHEN {column} % {SECOND} = 0 THEN '' ELSE printf('.%06d', {column} % {SECOND}) END"
            return f"(strftime('%Y-%m-%dT%H:%M:%S', {column} / {SECOND}, 'unixepoch') || {part} || '+00:00')"
        there = f"({column} AT TIME ZONE 'UTC')"
        part = f"CASE WHEN to_char({there}, 'US') = '000000' THEN '' ELSE to_char({there}, '.US') END"
        return f"""(to_char({there}, 'YYYY-MM-DD"T"HH24:MI:SS') || {part} || '+00:00')"""

    def between(self, earlier: str, later: str) -> str:
        """From one instant to another, in microseconds."""
        if self.is_sqlite:
            return f"({later} - {earlier})"
        return f"CAST(extract(epoch FROM ({later} - {earlier})) * 1000000 AS bigint)"

    def after(self, instant: str, microseconds: str | int) -> str:
        if self.is_sqlite:
            return f"({instant} + {microseconds})"
        return f"({instant} + {microseconds} * interval '1 microsecond')"

    def is_before(self, one: str, other: str) -> str:
        """Whether an instant lies before one that it follows: by more than clocks differ, since either may have been
        read on another machine, or on this one before its clock was set back a little."""
        return f"{one} < {self.after(other, -SKEW_US)}"

    def entry(self, column: str, *path: str) -> str:
        """What JSON has under a name, as a text; NULL where it has nothing."""
        if self.is_sqlite:
            read = f"CAST(json_extract({column}, '$.{'.'.join(path)}') AS TEXT)"
            return f"CASE WHEN json_valid({column}) THEN {read} END"
        return f"jsonb_extract_path_text({column}, {', '.join(map(quoted, path))})"

    def lines_of(self, column: str, rows: str) -> str:
        """The JSON of a statement's one column, in its order, one a line."""
        if self.is_sqlite:
            return f"(SELECT group_concat({column}, char(10)) FROM ({rows}))"
        return f"(SELECT string_agg(CAST({column} AS text), chr(10)) FROM ({rows}) AS listed)"

    def first_of(self, change: str, name: str) -> str:
        """The text that a change of the audit, `[before, after]`, begins with."""
        if self.is_sqlite:
            return f"(CASE WHEN json_valid({change}) THEN json_extract({change}, '$.{name}[0]') END)"
        return f"jsonb_extract_path_text({change}, '{name}', '0')"

    def last_of(self, change: str, name: str) -> str:
        """The text that a change of the audit, `[before, after]`, leaves."""
        if self.is_sqlite:
            return f"(CASE WHEN json_valid({change}) THEN json_extract({change}, '$.{name}[1]') END)"
        return f"jsonb_extract_path_text({change}, '{name}', '1')"

    def last_list_of(self, change: str, name: str) -> str:
        """The list that it leaves."""
        if self.is_sqlite:
            return f"(CASE WHEN json_valid({change}) THEN json_extract({change}, '$.{name}[1]') END)"
        return f"jsonb_extract_path({change}, '{name}', '1')"

    def array_of(self, rows: str) -> str:
        """The texts of a statement's one column, in its order, as a JSON array."""
        if self.is_sqlite:
            return f"(SELECT json_group_array(code) FROM {rows})"
        return f"to_jsonb(ARRAY{rows})"

    def is_not(self, column: str, kind: str) -> str:
        """Whether JSON is no `object` or `array`; on SQLite, as its first and last character tell."""
        if self.is_sqlite:
            first, last = ("{", "}") if kind == "object" else ("[", "]")
            return f"(substr({column}, 1, 1) <> '{first}' OR substr({column}, -1) <> '{last}')"
        return f"jsonb_typeof({column}) <> '{kind}'"

    def is_some_array(self, column: str) -> str:
        """Whether JSON is not the empty array."""
        return f"{column} <> '[]'" if self.is_sqlite else f"{column} <> CAST('[]' AS jsonb)"

    def begins(self, column: str, prefix: str) -> str:
        """Whether a text begins so."""
        if self.is_sqlite:  # compared as bytes, without a call of LIKE
            after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
            return f"({column} >= {quoted(prefix)} AND {column} < {quoted(after)})"
        return f"starts_with({column}, {quoted(prefix)})"

    def length(self, column: str) -> str:
        """Of a JSON array."""
        length = f"CASE WHEN json_valid({column}) THEN json_array_length({column}) ELSE {MANY} END"
        return length if self.is_sqlite else f"jsonb_array_length({column})"

    def elements(self, column: str) -> str:
        """The texts of a JSON array, as a table `each` with a column `value`."""
        if self.is_sqlite:
            return f"json_each({column}) AS each"
        return f"jsonb_array_elements_text({column}) AS each(value)"

    def bytes(self, column: str) -> str:
        """How many there are."""
        return f"length({column})" if self.is_sqlite else f"octet_length({column})"

    def is_sunday(self, day: str) -> str:
        return f"strftime('%w', {day}) = '0'" if self.is_sqlite else f"extract(dow FROM {day}) = 0"

    def year(self, day: str) -> str:
        return f"CAST(strftime('%Y', {day}) AS INTEGER)" if self.is_sqlite else f"extract(year FROM {day})"

    def is_id(self, text: str, column: str) -> str:
        """Whether a text is the id in a column, as JSON has ids."""
        if self.is_sqlite:
            return f"(upper(replace({text}, '-', '')) = hex({column}))"
        return f"({text} = CAST({column} AS text))"

    def version(self, column: str) -> str:
        """The version of a UUID, as a text."""
        if self.is_sqlite:
            return f"substr(hex(substr({column}, 7, 1)), 1, 1)"
        return f"substr(CAST({column} AS text), 15, 1)"

    def is_no_truth(self, column: str) -> str:
        """Whether a value is neither true nor false. Only SQLite lets it be."""
        return f"{column} NOT IN (0, 1)" if self.is_sqlite else "FALSE"

    def is_no_uuid7(self, column: str) -> str:
        """Whether an id is none that the gateway makes (RFC 9562 §5.7): such an id lies by its time."""
        if self.is_sqlite:
            return f"(length({column}) <> 16 OR substr({column}, 7, 1) NOT BETWEEN X'70' AND X'7F')"
        return f"substr(CAST({column} AS text), 15, 1) <> '7'"

    def is_code(self, column: str, more: str, shortest: int, longest: int) -> str:
        """Whether a text has only ASCII letters, digits and some more, and so many of them."""
        long = f"length({column}) BETWEEN {shortest} AND {longest}"
        if self.is_sqlite:
            return f"({long} AND {column} NOT GLOB '*[^A-Za-z0-9{more}]*')"
        return f"({long} AND {column} !~ '[^A-Za-z0-9{more}]')"
