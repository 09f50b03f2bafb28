"""Where the work on a run went on: its workbook was given back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from importer.domain.follow_up_facts import Continued
from importer.domain.reading import Reading
from importer.ledger.ledger import Ledger
from importer.runs.decisions import Decisions


def continued_in(ledger: Ledger, record: Mapping[str, Any]) -> Continued | None:
    """The newest run to which the workbook of a run was given back; None where it was not."""
    newest = ledger.continued(record["started"]).get(record["id"])
    if newest is None:
        return None
    files = [str(file["name"]) for file in newest["files"]]
    file = Path(newest["results"]).name if newest["results"] else ", ".join(files)
    return Continued(newest["id"], newest["started"], file)


def note_superseded_workbooks(prepared: Decisions, ledger: Ledger) -> Decisions:
    """The same, saying of each workbook given back that is not the newest any more which one is. What is done in it is
    taken all the same: a row goes once."""
    said = tuple(_superseded(prepared.reading, ledger))
    return replace(prepared, notices=(*said, *prepared.notices)) if said else prepared


def _superseded(reading: Reading, ledger: Ledger) -> Iterator[str]:
    for each in reading.trace.rounds:
        if each.taken_in is not None or not each.run:  # it was given back in an earlier round
            continue
        record = ledger.run_record(each.run)
        newest = None if record is None else continued_in(ledger, record)
        if newest is not None:
            when = f"{newest.started.astimezone():%Y-%m-%d %H:%M}"
            yield (
                f"{each.workbook} is not the newest any more: it was given back before, and the work went on in "
                f"{newest.file} (run {newest.run}, {when}). Better correct there what is still open."
            )
