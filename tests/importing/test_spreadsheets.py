"""What of a text a spreadsheet would run is made text, and can be read back; by the console and here alike."""

import json
from pathlib import Path

from gateway.importing.spreadsheets import guarded

CASES = json.loads(Path(__file__).with_name("spreadsheet_cells.json").read_text(encoding="utf-8"))
"""Texts and their cells. web/console/e2e/csv.test.mjs reads the same ones."""


def test_a_formula_is_text_behind_an_apostrophe() -> None:
    assert [[text, guarded(text)] for text, _ in CASES] == CASES


def test_without_the_apostrophe_at_its_beginning_a_cell_is_the_text() -> None:
    assert all(cell.removeprefix("'") == text for text, cell in CASES)
