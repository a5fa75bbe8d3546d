"""Files as people have them: each row is read, or named with what is wrong, and keeps no other row back."""

import io
import json
from encodings.aliases import aliases

import pytest

from gateway.importing.files import file_rows
from gateway.importing.lines import LONGEST_LINE
from gateway.importing.rows import ImportUnusable

HEADER = "oldId,studentId,note"


def read(content: bytes | str, encoding: str | None = None) -> list[tuple[int, object]]:
    """Each row's line, and its values or its fault."""
    given = content.encode() if isinstance(content, str) else content
    source = file_rows(io.BytesIO(given), len(given), encoding)
    return [(row.line, list(row.values.values()) if row.values is not None else row.fault) for row in source.rows]


def test_rows_have_the_line_on_which_they_begin_and_blank_lines_are_none() -> None:
    assert read(f"{HEADER}\r\n1,a,x\r\n\r\n  \n2,b,\n") == [(2, ["1", "a", "x"]), (5, ["2", "b", ""])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_says_what_stands_between_fields(delimiter: str) -> None:
    rows = f"{HEADER}\n1,a,x\n".replace(",", delimiter)
    assert read(rows) == [(2, ["1", "a", "x"])]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_mark_at_the_begin_says_the_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert read(f"{mark}{HEADER}\n1,Renée,Ċ\n2,b,\n".encode(encoding)) == [
        (2, ["1", "Renée", "Ċ"]),
        (3, ["2", "b", ""]),
    ]


def test_an_encoding_can_be_said() -> None:
    assert read(f"{HEADER}\n1,Renée,\n".encode("latin-1"), "latin-1") == [(2, ["1", "Renée", ""])]


def test_bytes_of_another_encoding_are_the_fault_of_their_row_alone() -> None:
    rows = read(f"{HEADER}\n1,a,\n".encode() + b"2,Ren\xe9e,\n3,c,\n")
    assert rows == [
        (2, ["1", "a", ""]),
        (3, "is not in utf-8: byte 0xE9 at 6; for another encoding say --encoding"),
        (4, ["3", "c", ""]),
    ]


def test_a_quoted_field_may_have_line_ends_quotes_and_delimiters() -> None:
    assert read(f'{HEADER}\n1,a,"two\nlines, ""x"""\n2,b,\n') == [
        (2, ["1", "a", 'two\nlines, "x"']),
        (4, ["2", "b", ""]),
    ]


@pytest.mark.parametrize("field", ['"open', '"', 'a"b', '"a" b'])
def test_a_quote_that_is_wrong_is_the_fault_of_its_line_and_the_next_rows_are_read(field: str) -> None:
    rows = dict(read(f'{HEADER}\n1,a,{field}\n2,b,"x"\n3,c,\n'))
    assert rows.pop(3) == ["2", "b", "x"]
    assert rows.pop(4) == ["3", "c", ""]
    assert rows in ({2: "a quote is not closed"}, {2: ["1", "a", 'a"b']}, {2: "it is no CSV: ',' expected after '\"'"})


def test_a_row_with_other_fields_than_the_header_is_named() -> None:
    rows = read(f"{HEADER}\n1,a\n2,b,x,y\n3,c,\n")
    assert rows == [
        (2, "it has 2 fields, and the header 3"),
        (3, "it has 4 fields, and the header 3"),
        (4, ["3", "c", ""]),
    ]


@pytest.mark.parametrize("cut", ["2,b", '2,"b', '2,b,"x'])
def test_a_last_row_that_is_cut_is_said_to_be(cut: str) -> None:
    whole, [line, fault] = read(f"{HEADER}\n1,a,x\n{cut}")
    assert whole == (2, ["1", "a", "x"])
    assert line == 3
    assert str(fault).startswith("the file ends in the midst of it")


def test_a_last_row_needs_no_line_end() -> None:
    assert read(f"{HEADER}\n1,a,x") == [(2, ["1", "a", "x"])]


def test_a_field_and_a_line_may_not_be_huge() -> None:
    rows = read(f'{HEADER}\n1,a,"{"x" * 200_000}"\n2,b,{"y" * (LONGEST_LINE + 9)}\n3,c,\n')
    assert rows == [
        (2, "a field is larger than 131072 characters"),
        (3, f"is longer than {LONGEST_LINE} bytes"),
        (4, ["3", "c", ""]),
    ]


def test_json_lines_are_objects_and_each_that_is_none_is_named() -> None:
    good = json.dumps({"oldId": 1, "metadata": {"note": "x"}})
    rows = read(f'{good}\n\n[1]\nnull\n{{"oldId": 2,\n{"[" * 100_000}\n{good}\n{{"oldId": 3, "stu')
    assert [row for row in rows if isinstance(row[1], list)] == [(1, [1, {"note": "x"}]), (7, [1, {"note": "x"}])]
    faults = {line: str(fault).partition(":")[0] for line, fault in rows if isinstance(fault, str)}
    assert faults == {
        3: "it is no JSON object",
        4: "it is no JSON object",
        5: "it is no JSON",
        6: "it is no JSON",
        8: "the file ends in the midst of it",
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "It is empty."),
        (b"\n \n", "It is empty."),
        (b"just words\n", "names no columns"),
        (b"a,b,a\n", "twice"),
        (b'[{"oldId": 1}]', "JSON array"),
        ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
        (b"caf\xe9,b\n1,2\n", "0xE9"),
        (b"a,b\r1,2\r3,4\r", "by CR alone"),
        (b"a," + b"b" * 200_000 + b"\n", "is no CSV: field larger"),
    ],
)
def test_a_file_that_is_of_no_use_is_said_to_be_as_a_whole(content: bytes, why: str) -> None:
    with pytest.raises(ImportUnusable, match=why):
        read(content)


def test_an_encoding_that_there_is_not_is_said() -> None:
    for name in ("klingon", "hex", "rot13", "undefined", "\udcff", "a\0b"):
        with pytest.raises(ImportUnusable, match="no encoding"):
            read("a,b\n", name)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"oldId": 1, "amount": "5", "amount": "50"}', "it names 'amount' twice"),
        (b'{"oldId": 1, "metadata": {"a": 1, "a": 2}}', "it names 'a' twice"),
        (b'{"oldId": ' + b"1" * 5_000 + b"}", "it is no JSON: a number in it has too many digits"),
        (b'{"a": ' + b"[" * 100_000, "it is no JSON: nested too deep"),
    ],
    ids=["twice", "twice within", "long", "deep"],
)
def test_an_object_that_could_mean_either_or_nothing_is_named(line: bytes, why: str) -> None:
    [row, other] = file_rows(io.BytesIO(line + b'\n{"oldId": 2}\n'), None).rows
    assert (row.values, row.fault) == (None, why)
    assert other.values == {"oldId": 2}


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")  # of unicode_escape
@pytest.mark.parametrize("encoding", sorted({*aliases.values(), "punycode", "idna"}))
def test_in_whatever_encoding_a_row_is_read_or_named(encoding: str) -> None:
    for content in (b"2,\xe9,\n", b"2,a..b,\n", b"2,\\x,\n", b"2,+x!,\n"):
        try:
            rows = read(f"{HEADER}\n1,a,\n".encode() + content, encoding)
        except ImportUnusable:  # its header cannot be read
            continue
        assert all(isinstance(what, list | str) for _, what in rows)
