"""What was changed by hand between the vendor's file and what is read: carried from workbook to workbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

WHOLE_ROW = "(the whole row)"
NOT_KEPT = "(not kept)"
TAKEN_OUT, ADDED = "taken out", "added: "  # what such a row is, and how what an added one says begins
GONE = "gone from the sheet “Rows”"  # of a row that was deleted there: nothing tells what it said


class Origin(NamedTuple):
    """A file as it came from the vendor; `sha256` is "" where a workbook of an older version did not keep it."""

    name: str
    sha256: str
    size: int  # bytes


class Round(NamedTuple):
    """A workbook that was given back."""

    number: int  # from 1
    workbook: str
    sha256: str
    run: str  # that wrote it; "" in an older version
    taken_in: str | None = ""  # the run that read it; None: the one that reads it now; "" in an older version
    who: str = ""  # started that run
    when: str = ""  # "2026-03-31 09:12 UTC"


class GivenBack(NamedTuple):
    """What a workbook that is read says of where it comes from."""

    workbook: str
    run: str  # that wrote it; "" in an older version
    is_sealed: bool  # False in an older version
    sent: Mapping[str, int]  # keys of invoices that it says were sent → a row of each


class Correction(NamedTuple):
    """One cell that was changed by hand, or a row that was taken out or added (`column` is then WHOLE_ROW)."""

    round: int
    workbook: str  # in which it was done
    run: str  # that wrote the workbook
    invoice: str
    file: str
    sheet: str
    row: int  # in the vendor's file; below its last row for one that was added
    column: str  # its heading
    was: str
    now: str
    letter: str = ""  # of the column in the vendor's table; "" in an older version, and for a whole row
    cents: int | None = None  # by which it moved what the invoices come to; None where that is not known
    digest: str = ""  # `layout.row_digest` of a row as it was, where nothing else is kept of it
    copied: int | None = None  # the row of the same table that an added one was copied from, hidden mark and all

    @property
    def is_added(self) -> bool:
        """True for a row that was typed in."""
        return self.column == WHOLE_ROW and self.now.startswith(ADDED)


class TakenOut(NamedTuple):
    """An invoice all of whose rows were deleted from "To fix"."""

    round: int
    workbook: str
    run: str
    invoice: str
    vendor: str
    property: str
    file: str
    rows: str  # "4, 5"
    cents: int  # as its rows said when they were deleted


@dataclass(frozen=True, slots=True)
class CorrectionTrail:
    """From the vendor's files to what is read. Empty (`rounds` is) where no workbook was given back."""

    origins: tuple[Origin, ...] = ()
    rounds: tuple[Round, ...] = ()
    corrections: tuple[Correction, ...] = ()
    taken_out: tuple[TakenOut, ...] = ()
    invoices: int | None = None  # in the vendor's files; None where an older workbook did not keep it
    cents: int = 0  # that they came to
    added: int = 0  # invoices that were typed in by hand
    added_cents: int = 0  # that they come to, as they were typed
    unnumbered: int = 0  # of `invoices`: rows without a number, each counted as an invoice of its own
    unnumbered_cents: int = 0

    @classmethod
    def joined(cls, traces: Iterable[CorrectionTrail]) -> CorrectionTrail:
        """That of several files of one run."""
        them = list(traces)
        counts = [one.invoices for one in them if one.invoices is not None]
        return cls(
            tuple(dict.fromkeys(origin for one in them for origin in one.origins)),
            tuple(dict.fromkeys(each for one in them for each in one.rounds)),
            tuple(each for one in them for each in one.corrections),
            tuple(each for one in them for each in one.taken_out),
            sum(counts) if len(counts) == len(them) else None,
            sum(one.cents for one in them),
            sum(one.added for one in them),
            sum(one.added_cents for one in them),
            sum(one.unnumbered for one in them),
            sum(one.unnumbered_cents for one in them),
        )

    @property
    def moved(self) -> int | None:
        """Cents by which all that was done by hand moved what the invoices come to; None where that of something is
        not known."""
        cents = [one.cents for one in self.corrections]
        return None if None in cents else sum(one for one in cents if one is not None)

    def taken_in_by(self, run: str, who: str, when: str) -> CorrectionTrail:
        """The trace as the run keeps it that reads the last of the workbooks."""
        rounds = (
            each._replace(taken_in=run, who=who, when=when) if each.taken_in is None else each for each in self.rounds
        )
        return replace(self, rounds=tuple(rounds))

    def said(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def parsed(cls, said: Mapping[str, Any]) -> CorrectionTrail:
        """From `said`. Raises ValueError, KeyError or TypeError for anything else."""
        return cls(
            tuple(Origin(*each) for each in said["origins"]),
            tuple(Round(*each) for each in said["rounds"]),
            tuple(Correction(*each) for each in said["corrections"]),
            tuple(TakenOut(*each) for each in said["taken_out"]),
            None if said["invoices"] is None else int(said["invoices"]),
            int(said["cents"]),
            int(said["added"]),
            int(said["added_cents"]),
            int(said.get("unnumbered", 0)),
            int(said.get("unnumbered_cents", 0)),
        )
