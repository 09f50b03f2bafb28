"""A report by vendor: each vendor's name above its bills, and a total of that name below them."""

from __future__ import annotations

from importer.domain.cells import Cell
from importer.domain.reading import Reading
from tests.reading.made_tables import (
    money,
    said,
    skipped,
    vendor,
)

DATE = "2026-10-14"
HEADINGS = ("Type", "Date", "Num", "Due Date", "Total Due")


def report(*names: str, headings: tuple[Cell, ...] = HEADINGS, more: tuple[Cell, ...] = ()) -> Reading:
    """Such a report, with one bill in each section."""
    rows: list[tuple[Cell, ...]] = []
    for number, name in enumerate(names, 1):
        rows += [(name,), ("Bill", DATE, f"B-{number}", DATE, "10.00", *more), (f"Total {name}", "", "", "", "10.00")]
    return vendor(headings, *rows, ("TOTAL", "", "", "", f"{10 * len(names)}.00"))


def test_sections_of_several_names_for_one_vendor_are_said() -> None:
    """All of it would go to the one vendor of the profile: the names are quoted, and where the first stands."""
    reading = report("Acme Landscaping", "Bolt Electric")
    assert [total for _, total, _ in money(reading)] == [1000, 1000]
    (problem,) = [each for each in reading.problems if each.kind.code == "sections"]
    assert problem.place.row == 2
    assert (
        "2 sections ('Acme Landscaping', 'Bolt Electric'), and every invoice is for the one vendor and" in problem.what
    )
    assert [row for row, _ in skipped(reading)] == [2, 4, 5, 7, 8]


def test_a_name_of_one_word_is_no_row() -> None:
    """Wherever it stands, a total of that name shows what it is; without one it is somebody's to look at."""
    reading = report("Acme", "Bolt")
    assert [row for row, reason in skipped(reading) if reason == "name of a section"] == [2, 5]
    alone = vendor(("Invoice #", "Date", "Total Due"), ("Acme",), ("A", DATE, "10.00"), ("Total Bolt", "", "10.00"))
    assert [number for number, _, _ in money(alone)] == ["Acme", "A"]


def test_one_section_and_a_column_for_each_are_no_matter() -> None:
    """Where the report is of one vendor, or where every row says whose it is."""
    assert "sections" not in [code for code, _ in said(report("Acme Landscaping"))]
    named = report("Acme", "Bolt", headings=(*HEADINGS, "Vendor", "Property"), more=("v", "p"))
    assert "sections" not in [code for code, _ in said(named)]


def groups(*names: str) -> Reading:
    """An invoice below each of these names, that stand alone in their rows."""
    rows: list[tuple[Cell, ...]] = []
    for number, name in enumerate(names, 1):
        rows += [(name,), (f"B-{number}", DATE, "x", "10.00")]
    return vendor(("Invoice #", "Invoice Date", "Description", "Total Due"), *rows)


def test_names_of_properties_without_totals_stop_the_run() -> None:
    """All of it would go to the one property of the profile."""
    reading = groups("Maple Court Apartments", "Oak Ridge Apartments")
    (problem,) = [each for each in reading.problems if each.is_error]
    assert (problem.kind.code, problem.kind.stops_run, problem.place.row) == ("groups", True, 2)
    assert "'Maple Court Apartments', 'Oak Ridge Apartments' stand above rows of the table" in problem.what


def test_other_names_without_totals_are_said_and_sentences_are_none() -> None:
    """What they are, nothing shows; a title, a date and a note are no names."""
    assert ("sections", "row 2") in said(groups("Work in the yard", "Work on the roof"))
    for names in (
        ("Maple Court Apartments",),
        ("Week of 10/05/2026", "Week of 10/12/2026"),
        ("* paid by card *", "* by check *"),
        ("All work is guaranteed.", "Thank you very much!"),
        ("Maple Court Apartments", "maple court apartments"),
    ):
        assert not {code for code, _ in said(groups(*names))} & {"sections", "groups"}


def test_a_vendor_that_stands_once_above_its_bills_is_not_the_profiles() -> None:
    """Its column is there, and blank below: the default would be another's."""
    headings = ("Vendor", "Num", "Invoice Date", "Total Due")
    rows = [("vend-5",), ("", "A1", DATE, "1.00"), ("Total vend-5", "", "", "1.00")]
    rows += [("vend-6",), ("", "B1", DATE, "2.00"), ("Total vend-6", "", "", "2.00")]
    reading = vendor(headings, *rows, columns={"invoice_number": "Num"})
    assert said(reading)[:2] == [("missing-value", "A3"), ("missing-value", "A6")]
    assert [row for row, _ in skipped(reading)] == [4, 7]


def test_names_beside_no_heading_stop_the_run() -> None:
    """As QuickBooks writes its reports: the vendors stand in a column of their own, above their bills."""
    headings = ("", "Type", "Date", "Num", "Due Date", "Amount")
    rows: list[tuple[Cell, ...]] = []
    for number, name in enumerate(("Acme", "Bolt Electric", "Copper"), 1):
        rows += [(name,), ("", "Bill", DATE, f"B-{number}", DATE, "10.00")]
    reading = vendor(headings, *rows)
    (problem,) = [each for each in reading.problems if each.is_error]
    assert (problem.kind.code, problem.kind.stops_run, problem.place.row) == ("groups", True, 2)
    assert "'Acme', 'Bolt Electric', 'Copper' stand above rows of the table" in problem.what


def test_names_alone_in_the_second_column_are_said() -> None:
    """Their words do not show what they are."""
    rows: list[tuple[Cell, ...]] = []
    for number, name in enumerate(("Acme Landscaping LLC", "Bolt Electric Inc"), 1):
        rows += [("", name), (f"B-{number}", DATE, "x", "10.00")]
    reading = vendor(("Invoice #", "Invoice Date", "Description", "Total Due"), *rows)
    assert ("groups", "row 2") in said(reading)
