"""What hands have done to the rows of a results workbook that was given back: for the sheet "Corrections"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from importer.domain.cells import Cell, cell_text, column_letter
from importer.domain.corrections import (
    ADDED,
    GONE,
    NOT_KEPT,
    TAKEN_OUT,
    WHOLE_ROW,
    Correction,
    CorrectionTrail,
    Origin,
    Round,
    TakenOut,
)
from importer.domain.invoice import Invoice
from importer.domain.reading import InputFile, Reading
from importer.roundtrip.amount_effect import places, with_money
from importer.workbook_format import layout
from importer.workbook_format.manifest import Manifest, SheetRecord, first_trace

EditedRows = Mapping[int, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class RowEdits:
    """What was done in one round to the rows of one file."""

    workbook: InputFile
    manifest: Manifest  # of the workbook
    kept: Sequence[SheetRecord]  # the file's tables
    before: Mapping[str | None, EditedRows]
    now: Mapping[str | None, EditedRows]
    took_out: frozenset[tuple[str | None, int]]
    altered: Mapping[tuple[str | None, int], str]  # in "Rows", which keeps of what stood there this digest alone
    gone: frozenset[tuple[str | None, int]]  # from "Rows" in this round
    copied: Mapping[tuple[str | None, int], int]  # added rows → the row of the sheet that each is a marked copy of

    @property
    def not_kept(self) -> frozenset[tuple[str | None, int]]:
        """The rows of which nothing tells what the vendor's file says: changed in "Rows", or gone, in any round, and
        not put back since."""
        totals = {(one.sheet, row) for one in self.kept for row, _ in one.totals}
        return frozenset((self._digests.keys() | self.gone) - self.put_back - totals)

    @property
    def put_back(self) -> frozenset[tuple[str | None, int]]:
        """The rows that were changed in "Rows" and say again what they said at first."""
        return frozenset(place for place, digest in self._digests.items() if digest and digest == self._digest(place))

    @property
    def _digests(self) -> dict[tuple[str | None, int], str]:
        """The rows that were changed or deleted in "Rows", in any round, with the digest of each as it was at first."""
        mine = {(one.file, one.sheet) for one in self.kept}
        before = {
            (each.sheet or None, each.row): each.digest
            for each in reversed(self.manifest.trace.corrections)  # the first of them counts
            if each.was == NOT_KEPT and (each.file, each.sheet or None) in mine
        }
        return {**self.altered, **before}

    def _digest(self, place: tuple[str | None, int]) -> str:
        sheet, row = place
        cells = self.now[sheet].get(row) if sheet in self.now else None
        return "" if cells is None else layout.row_digest(self.kept[0].file, sheet, row, cells)

    @property
    def have_touched(self) -> bool:
        """True where anything of the file was changed, taken out or added in this round."""
        return any(True for _ in self._all_changes())

    def traced(self, reading: Reading, before: Reading | None) -> CorrectionTrail:
        """The trace with this round. `before` is the reading before, where anything was done."""
        then = self._then()
        number = 1 + max((each.number for each in then.rounds), default=0)
        this = Round(number, self.workbook.name, self.workbook.sha256, self.manifest.run, taken_in=None)
        by_hand = [invoice for invoice in reading.invoices if all(map(self._is_added, places(invoice)))]
        return replace(
            then,
            rounds=(*then.rounds, this),
            corrections=(
                *then.corrections,
                *with_money(list(self._corrections(this, reading, before)), before or reading, reading),
            ),
            taken_out=(*then.taken_out, *([] if before is None else self._taken_out(this, before))),
            added=then.added + len(by_hand),
            added_cents=then.added_cents + sum(invoice.worth for invoice in by_hand),
        )

    def _then(self) -> CorrectionTrail:
        """The trace of the run that wrote the workbook, as far as it is this file's."""
        whole, file = self.manifest.trace, self.kept[0].file
        if not whole.origins:
            return CorrectionTrail((Origin(file, "", 0),))
        if len({each.file for each in self.manifest.tables}) == 1 or self.manifest.tables[0].file == file:
            return whole  # the first file stands for all of them: sums are not kept by file
        return CorrectionTrail(rounds=whole.rounds, invoices=0)

    def _is_added(self, place: tuple[str | None, int]) -> bool:
        return place[1] not in self.before[place[0]]

    def _corrections(self, this: Round, reading: Reading, before: Reading | None) -> Iterator[Correction]:
        numbers = dict(_numbers(before)) if before is not None else {}
        numbers |= dict(_numbers(reading))
        for one, row, changes in self._all_changes():
            invoice = numbers.get((one.sheet, row), "")
            for at, was, has in changes:
                column, letter = (WHOLE_ROW, "") if at is None else (_heading(one, at), column_letter(at))
                yield Correction(
                    *(this.number, this.workbook, this.run, invoice, one.file, one.sheet or "", row),
                    *(column, was, has, letter),
                    digest=self.altered.get((one.sheet, row), "") if was == NOT_KEPT else "",
                    copied=self.copied.get((one.sheet, row)) if at is None else None,
                )

    def _all_changes(self) -> Iterator[tuple[SheetRecord, int, list[tuple[int | None, str, str]]]]:
        for one in self.kept:
            then, now = self.before[one.sheet], self.now[one.sheet]
            gone = {row for sheet, row in self.gone if sheet == one.sheet}
            for row in sorted({*then, *now, *gone}):
                changes = list(self._changes(one, row, then.get(row), now.get(row)))
                if changes:
                    yield one, row, changes

    def _changes(
        self, one: SheetRecord, row: int, then: tuple[Cell, ...] | None, now: tuple[Cell, ...] | None
    ) -> Iterator[tuple[int | None, str, str]]:
        """Column (0-based; None: the whole row), what it was and what it is."""
        place = (one.sheet, row)
        if place in self.gone:
            yield None, NOT_KEPT, GONE
        elif now is None:
            if place in self.took_out and then is not None:
                yield None, NOT_KEPT if place in self.altered else _joined(then), TAKEN_OUT
        elif then is None:
            yield None, "", f"{ADDED}{_joined(now)}"
        elif place in self.altered:
            yield from self._altered(one, row, now)
        elif then is not now:
            for at in range(max(len(then), len(now))):
                was, has = (cells[at] if at < len(cells) else None for cells in (then, now))
                if layout.canonical(was) != layout.canonical(has):
                    yield at, cell_text(was), cell_text(has)

    def _altered(self, one: SheetRecord, row: int, now: tuple[Cell, ...]) -> Iterator[tuple[int | None, str, str]]:
        totals = [(column, says) for (number, column), says in one.totals.items() if number == row]
        changed = False
        for column, says in totals:
            has = cell_text(now[column]) if column < len(now) else ""
            if says != has:
                changed = True
                yield column, says, has
        if not changed:
            yield None, NOT_KEPT, _joined(now)

    def _taken_out(self, this: Round, before: Reading) -> Iterator[TakenOut]:
        for invoice in before.invoices:
            mine = places(invoice)
            if self.took_out.isdisjoint(mine) or any(number in self.now[sheet] for sheet, number in mine):
                continue
            yield TakenOut(
                *(this.number, this.workbook, this.run),
                _said(invoice, "invoice_number"),
                _said(invoice, "vendor_id"),
                _said(invoice, "property_id"),
                invoice.source.file,
                ", ".join(f"{number:,}" for _, number in mine),
                invoice.worth,
            )


def corrections_of(parts: Sequence[Reading]) -> CorrectionTrail:
    """The trace of a run one of whose files was given back."""
    return CorrectionTrail.joined(part.trace if part.trace.rounds else first_trace(part) for part in parts)


def _numbers(reading: Reading) -> Iterator[tuple[tuple[str | None, int], str]]:
    for invoice in reading.invoices:
        said = _said(invoice, "invoice_number")
        for place in places(invoice):
            yield place, said


def _said(invoice: Invoice, name: str) -> str:
    return invoice.cell_text(name).strip() or str(getattr(invoice, name) or "")


def _heading(one: SheetRecord, at: int) -> str:
    heading = one.headings[at].strip() if at < len(one.headings) else ""
    return heading or f"column {column_letter(at)}"


def _joined(cells: Sequence[Cell]) -> str:
    return " | ".join(text for text in map(cell_text, cells) if text.strip())
