"""Their columns and words as ours: by a mapping, or by names that are ours in any spelling."""

import json
from pathlib import Path

import pytest

from gateway.importing.mapping import ImportMapping, mapping_of, read_mapping
from gateway.importing.rows import ImportUnusable


@pytest.mark.parametrize("name", ["oldId", "old_id", "Old Id", "OLD-ID"])
def test_a_tidy_file_needs_no_mapping(name: str) -> None:
    mapper = ImportMapping().of_header([name, "else"])
    assert mapper.fields_of({name: "1", "else": "2"}) == {"oldId": "1"}
    assert mapper.unused([name, "else"]) == ["else"]


def test_columns_constants_and_values_make_a_row_ours() -> None:
    mapping = mapping_of(
        {
            "columns": {"oldId": "id", "purchaseTier": "plan", "expiresAt": "until", "paymentReference": "pay.id"},
            "constants": {"currency": "INR", "provider": "STRIPE"},
            "values": {"purchaseTier": {"gold": "PREMIUM", "7": "BASIC"}, "expiresAt": {"": "never"}},
        },
        "here",
    )
    mapper = mapping.of_header(None)
    row = {"id": 5, "plan": "gold", "until": None, "pay": {"id": "pi_1"}, "currency": "", "provider": "RAZORPAY"}
    assert mapper.fields_of(row) == {
        "oldId": 5,
        "purchaseTier": "PREMIUM",
        "expiresAt": "never",
        "paymentReference": "pi_1",
        "currency": "INR",
        "provider": "RAZORPAY",
    }
    assert mapper.fields_of({"id": 6, "plan": 7, "until": "2027-01-01"})["purchaseTier"] == "BASIC"
    assert mapper.fields_of({"plan": "silver"})["purchaseTier"] == "silver"


@pytest.mark.parametrize(
    ("suffix", "text"), [(".toml", '[columns]\noldId = "id"\n'), (".json", '{"columns": {"oldId": "id"}}')]
)
def test_a_mapping_is_toml_or_json(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"mapping{suffix}"
    path.write_text(f"\ufeff{text}", encoding="utf-8")
    assert read_mapping(path) == ImportMapping(columns={"oldId": "id"})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "must be a table"),
        ({"colums": {}}, "Is it columns"),
        ({"columns": {"oldID": "id"}}, "Is it oldId"),
        ({"values": {"tier": {}}}, "which means nothing"),
        ({"columns": 3}, "columns must be a table"),
        ({"source": ""}, "source must be a text"),
        ({"timesIn": 5}, "timesIn must be a text"),
    ],
)
def test_what_means_nothing_in_a_mapping_is_said(said: object, why: str) -> None:
    with pytest.raises(ImportUnusable, match=why):
        mapping_of(said, "mapping.toml")


@pytest.mark.parametrize(("said", "why"), [({"timesIn": "IST"}, "timesIn"), ({"timeZone": "Mars/Base"}, "timeZone")])
def test_time_zones_of_a_mapping_are_those_that_there_are(said: dict[str, str], why: str) -> None:
    with pytest.raises(ImportUnusable, match=why):
        mapping_of(said, "mapping.toml").check()


def test_a_column_that_is_not_there_is_said_before_any_row() -> None:
    with pytest.raises(ImportUnusable, match=r"'id' for oldId, and there is no such column\. There are: a, b"):
        ImportMapping(columns={"oldId": "id"}).of_header(["a", "b"])


@pytest.mark.parametrize("content", [b"columns = ", b"\xff\xfe", json.dumps({"columns": []}).encode()])
def test_a_mapping_that_cannot_be_read_is_said_to_be_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mapping.toml"
    path.write_bytes(content)
    with pytest.raises(ImportUnusable, match=r"mapping\.toml"):
        read_mapping(path)


@pytest.mark.parametrize(("name", "form"), [("m.json", "JSON"), ("m.JSON", "JSON"), ("m.toml", "TOML")])
def test_what_is_no_mapping_is_named_by_the_form_that_was_expected(name: str, form: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("=", encoding="utf-8")
    with pytest.raises(ImportUnusable, match=f"cannot be read as {form}"):
        read_mapping(tmp_path / name)
