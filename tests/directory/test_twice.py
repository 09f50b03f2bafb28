"""What could be paid twice once a name means something else: files and workbooks that come again."""

from __future__ import annotations

from importer import names
from importer.report import write_workbook
from tests.directory.office import Office, codes, statuses


def test_a_row_that_a_workbook_shows_as_posted_is_not_posted_under_another_vendor(office: Office) -> None:
    """The alias was settled anew between: the row given back keeps to what went out, and stops."""
    office.sync()
    names.settle_name(office.desk(), "GRN", "vend-greenleaf", profile=None)
    file = office.sheet({"Vendor": "GRN"}, {"Vendor": "Nobody & Co", "Invoice #": "2"})
    run = office.submit(file)
    assert statuses(run) == ["posted", "needs_fixing"]
    book = write_workbook(run, office.home / "bills.results.xlsx")
    names.settle_name(office.desk(), "GRN", "vend-evergreen", profile=None)
    again = office.submit(book)
    assert (statuses(again), codes(again)[0]) == (["needs_fixing"] * 2, ["changed-row"])
    assert str(run.outcomes[0].job_id) in again.outcomes[0].problems[0].what
    assert len(office.posted()) == 1
