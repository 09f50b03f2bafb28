"""A name that stands in a profile and in no cell: nobody is sent to a cell to correct it."""

from __future__ import annotations

from pathlib import Path

from importer.pipeline import check_files
from importer.runs.request import RunRequest
from importer.sandbox import INTEGRATION_ID
from tests.clock import CLOCK
from tests.masterdata.office import Office


def test_a_name_of_a_profile_is_told_as_that(office: Office, tmp_path: Path) -> None:
    """With the profile's name and the key to correct; a name that stands in a cell is the cell's."""
    office.sync()
    today = CLOCK.now().date().isoformat()
    file = tmp_path / "greenleaf.csv"
    file.write_text(
        f"Invoice #,Bill Date,Property,GL Account,Invoice Total\nGL-100,{today},Mapel Cuort,,10.00\n", encoding="utf-8"
    )
    layout = tmp_path / "green-leaf.toml"
    layout.write_text(
        'name = "green-leaf"\n[defaults]\nvendor_id = "Green Lief"\nfinancial_account_id = "Lndscp"\n'
        'terms_days = 30\nnotes = "n"\nmemo = "m"\n',
        encoding="utf-8",
    )
    run = check_files(RunRequest((file,), integration_id=INTEGRATION_ID, profile=str(layout)), office.desk())
    told = {problem.field: problem for problem in run.outcomes[0].problems}
    assert "It stands in no cell, but in the profile green-leaf, [defaults] vendor_id." in told["vendor_id"].message
    assert "Correct the profile, or" in told["vendor_id"].message
    assert "in the profile green-leaf" in told["financial_account_id"].message
    assert "profile green-leaf" not in told["property_id"].what
    assert "Correct the cell" in told["property_id"].message
