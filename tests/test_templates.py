"""The blank sheets and the example of settings: what they offer is what the code takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from importer import settings
from importer.domain.fields import COLUMNS, ValueKind
from importer.errors import FileUnreadable
from importer.reading import read_files
from templates import make

FOLDER = make.FOLDER
INTEGRATION = "intg-0a1b2c3d"
EXAMPLE = FOLDER / "importer.toml"


def headings() -> tuple[str, ...]:
    return tuple(column.heading for column in make.OFFERED)


def said(path: Path) -> dict[str, Any]:
    """Everything that the workbook says to a clerk."""
    book = openpyxl.load_workbook(path)
    sheet = book["Invoices"]
    return {
        "cells": {one.title: [[cell.value for cell in row] for row in one.iter_rows()] for one in book},
        "hints": [cell.comment.text for cell in sheet[1] if cell.comment],
        "formats": [sheet.column_dimensions[cell.column_letter].number_format for cell in sheet[1]],
        "rules": sorted(
            (str(rule.sqref), rule.type, rule.formula1, rule.formula2, rule.error)
            for rule in sheet.data_validations.dataValidation
        ),
    }


def test_the_blank_sheets_have_the_headings_of_the_plain_layout() -> None:
    """csv and workbook offer the same columns, and the columns are those of the one table."""
    assert (FOLDER / "invoices.csv").read_text(encoding="utf-8") == ",".join(headings()) + "\n"
    assert said(FOLDER / "invoices.xlsx")["cells"]["Invoices"] == [list(headings())]
    left_out = {column.name for column in COLUMNS} - {column.name for column in make.OFFERED}
    assert left_out == {"integration_id", "total_amount_in_cents", "unit_price_in_cents"}


def test_the_workbook_is_what_its_maker_makes(tmp_path: Path) -> None:
    """A change of `domain/fields.py` that was not made here as well is noticed; `python -m templates.make` mends it."""
    made = tmp_path / "invoices.xlsx"
    make.write_xlsx(made)
    assert said(FOLDER / "invoices.xlsx") == said(made)


def test_every_heading_of_the_workbook_has_its_hint() -> None:
    """The hint is the meaning and the example of the one table, and text columns are text from the start."""
    found = said(FOLDER / "invoices.xlsx")
    for column, hint, shape in zip(make.OFFERED, found["hints"], found["formats"], strict=True):
        assert column.meaning in hint
        assert column.example in hint
        assert (shape == "@") == (column.kind is ValueKind.TEXT)


@pytest.mark.parametrize("name", ["invoices.csv", "invoices.xlsx"])
def test_a_blank_sheet_is_understood_and_has_no_data_rows(name: str) -> None:
    """Nothing is missing from it but the invoices."""
    with pytest.raises(FileUnreadable, match="has a heading row and no data rows"):
        read_files([FOLDER / name], integration_id=INTEGRATION)


def filled(name: str, folder: Path) -> Path:
    """The blank sheet with one row of what the examples show."""
    path = folder / name
    examples = [column.example for column in make.OFFERED]
    if name.endswith(".csv"):
        row = ",".join(f'"{example}"' for example in examples)
        path.write_text((FOLDER / name).read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    else:
        book = openpyxl.load_workbook(FOLDER / name)
        book["Invoices"].append(examples)
        book.save(path)
    return path


@pytest.mark.parametrize("name", ["invoices.csv", "invoices.xlsx"])
def test_a_row_of_the_examples_is_an_invoice(name: str, tmp_path: Path) -> None:
    """Somebody who types what the examples show gets one invoice without a problem, each cell under its own heading."""
    reading = read_files([filled(name, tmp_path)], integration_id=INTEGRATION)
    (invoice,) = reading.invoices
    assert invoice.total == 125_000
    assert [*invoice.source.columns] == [column.name for column in make.OFFERED]
    assert (*invoice.problems, *reading.problems) == ()


def test_the_example_settings_are_every_setting_with_its_default(tmp_path: Path) -> None:
    """As it stands it changes nothing; with every # taken away it is taken, and names each setting but the secrets."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}
    everything = re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", text)
    named = tomllib.loads(everything)
    assert set(named) == set(settings.Settings.model_fields) - {"token", "smtp_password", "sandbox"}
    config = tmp_path / "importer.toml"
    config.write_text(everything, encoding="utf-8")
    loaded = settings.load(options={}, environment={}, folder=tmp_path, config=config)
    fields = settings.Settings.model_fields
    shown = {name: getattr(loaded, name) for name in ("url", "rate_limit", "rate_window_seconds", "full_speed")}
    assert shown == {name: fields[name].default for name in shown}
