"""Whether a results workbook that is given back belongs to this ledger, and what it says against it.

The reader has seen already that its seal is the ledger's. What is left: the run that wrote it has to be known, and so
has everything of which it says that it was sent. A workbook of an older version has no seal; it is taken where its run
is known, and was before this ledger had one.
"""

from __future__ import annotations

from importer.domain.corrections import GivenBack
from importer.domain.reading import Reading
from importer.errors import FileUnreadable, NotTheNewest
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_identity import seal_of
from importer.ledger.witness import never_sent

GIVE_THE_ORIGINAL = "Give the vendor's own file instead."


def must_belong_here(reading: Reading, ledger: Ledger) -> None:
    """Raises FileUnreadable for a workbook that cannot be told to be of this ledger, and `NotTheNewest` for one of it
    that knows more."""
    for given in reading.given_back:
        _run_must_be_known(given, ledger)
        lacking = never_sent(ledger, list(given.sent))
        if lacking:
            rows = ", ".join(f"{given.sent[key]:,}" for key in lacking[:5])
            count = "1 invoice was" if len(lacking) == 1 else f"{len(lacking):,} invoices were"
            raise NotTheNewest(
                f"{given.workbook} says that {count} sent of which this ledger knows nothing (row {rows} of the "
                "vendor's file): the ledger is old, or rows were deleted in it. Nothing was sent.",
                "Put the right one back, with all files whose names begin like its own.",
            )


def _run_must_be_known(given: GivenBack, ledger: Ledger) -> None:
    if not given.run:
        raise FileUnreadable(
            f"{given.workbook} does not say which run wrote it: it is of a very old version of this program.",
            GIVE_THE_ORIGINAL,
        )
    record = ledger.run_record(given.run)
    if record is None:
        raise NotTheNewest(
            f"{given.workbook} was written by run {given.run}, which this ledger does not know: it belongs to another "
            "ledger, or this one is older. Nothing was sent.",
            "Give it back where that run was made, or put the right ledger back.",
        )
    if not given.is_sealed and record["started"] > seal_of(ledger).since:
        raise FileUnreadable(
            f"The hidden sheet of {given.workbook} was changed: it has lost its seal, and what it says of its rows "
            "cannot be believed.",
            GIVE_THE_ORIGINAL,
        )
