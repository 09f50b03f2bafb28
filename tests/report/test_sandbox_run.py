"""What a rehearsal leaves behind: copied as it stands, no command in it reaches the real ResMan."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path

from importer.domain.outcome import Status
from importer.domain.problem_catalog import NAMES_NOT_FETCHED, WRITE_FAILED
from importer.domain.problems import Problem
from importer.report import html_summary, write_csv, write_workbook
from importer.report.sandbox_commands import SANDBOX
from tests import factory

COMMAND = re.compile(r"invoice-importer (?:status|sync|alias|settle|submit|check)\b(?! --sandbox)")


def test_no_command_leaves_the_rehearsal(tmp_path: Path) -> None:
    """In the sheets, their comments, the csv and the page for mailing; against ResMan itself they stay as they are."""
    failed, unnamed = factory.invoice(number="1"), factory.invoice(number="2", first_row=7)
    no = Problem(WRITE_FAILED, "Vendor not found.", failed.rows[0].place())
    name = Problem(NAMES_NOT_FETCHED, "'Maple' is a name.", unnamed.place("vendor_id"), "vendor_id", "Maple")
    run = factory.run(
        factory.outcome(failed, Status.REFUSED, problems=[no]),
        factory.outcome(unnamed, Status.NEEDS_FIXING, problems=[name]),
    )
    for destination, is_free in ((SANDBOX, True), ("https://api.propexo.com", False)):
        told = replace(run, destination=destination)
        with zipfile.ZipFile(write_workbook(told, tmp_path / f"{is_free}.xlsx")) as parts:
            texts = [parts.read(name).decode("utf-8", "replace") for name in parts.namelist() if name.endswith(".xml")]
        texts += [write_csv(told, tmp_path / f"{is_free}.csv").read_text("utf-8"), html_summary(told)]
        commands = [found for text in texts for found in COMMAND.findall(text)]
        assert (commands == []) == is_free
        assert any("invoice-importer status" in text for text in texts)
        assert any("invoice-importer sync" in text for text in texts)
