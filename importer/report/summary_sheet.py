"""The first sheet: what happened, in numbers and money, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from importer import results_layout as layout
from importer.models import Run, Status
from importer.problems import Problem
from importer.report import styles
from importer.report.cells import put_text
from importer.report.rows_sheet import Contents
from importer.report.styles import Styles
from importer.report.tie_out import Amount, TieOut
from importer.report.wording import MEANING, destination, happened, next_step, several

_LABEL, _COUNT, _MONEY, _MEANING = 1, 2, 3, 4
_LINE = 15  # points
_MEANING_WIDTH = 66  # characters
_MOST_NOTES = 40


def write_summary(
    sheet: Any, made: Styles, run: Run, sums: TieOut, unplaced: Sequence[Problem], contents: Sequence[Contents]
) -> None:
    """Top to bottom: the destination, what happened, what to do, the tie-out, the files, the run."""
    page = _Page(sheet, made)
    where = destination(run)
    page.banner(f"{where.place}   {where.sentence}", styles.BANNERS[where.place])
    page.title(happened(run))
    page.paragraph(next_step(run))

    page.section("What became of every invoice", "Invoices", "Amount", "")
    page.amount(sums.read, bold=True)
    for amount in sums.by_status:
        page.amount(amount, MEANING[amount.status] if amount.status else "")
    page.difference(sums.difference, "read less all of the above: nothing is unaccounted for")

    if sums.reasons:
        page.section("Why invoices did not go", "Invoices", "Amount", "")
        for amount in sums.reasons:
            page.amount(amount)
        page.note("An invoice with several problems is counted once, under the first of them.")

    if sums.accepted.count:
        page.section("What ResMan has", "Invoices", "Amount", "")
        page.amount(sums.accepted, bold=True)
        for amount in sums.in_resman:
            page.amount(amount)
        if sums.rounding:
            page.difference(sums.rounding, "sent less read: lines rounded to whole cents, named at their rows")

    page.section("What became of every row", "Rows", "", "")
    page.count(
        f"Rows of {several(len(run.reading.tables), 'table')} in {several(len(run.reading.files), 'file')}",
        sums.row_total,
        bold=True,
    )
    for row in sums.rows:
        page.count(row.label, row.count)
    page.count("Data rows in invoices", sums.rows_in_invoices)
    page.count("Data rows that belong to no invoice", sums.rows_in_none)

    page.notes("About the file as a whole", _notes(run, unplaced))
    page.facts("This run", _facts(run))
    page.facts("Sheets with rows", [(one.title, f"{several(one.rows, 'row')}: {one.sentence}") for one in contents])
    page.finish()


def _notes(run: Run, unplaced: Iterable[Problem]) -> list[str]:
    notes = [*run.notices, *(problem.message for problem in unplaced)]
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"… and {len(notes) - _MOST_NOTES:,} more, in the answer of --json."]
    return notes


def _facts(run: Run) -> list[tuple[str, str]]:
    taken = run.finished - run.started
    posted = run.counts()[Status.POSTED]
    pace = (
        f" ({posted / (taken.total_seconds() / 60):,.0f} invoices a minute)"
        if posted and taken.total_seconds() >= 1
        else ""
    )
    return [
        *((f"File {file.name}", f"{file.size:,} bytes, SHA-256 {file.sha256}") for file in run.reading.files),
        ("Destination", run.destination),
        ("Run", f"{run.id} ({run.command})"),
        ("Who", run.who),
        ("Started", run.started.isoformat(" ", "seconds")),
        ("Time taken", f"{str(taken).split('.')[0]}{pace}"),
        ("Plan", run.plan or "none: nothing is ready to be sent"),
    ]


class _Page:
    """Writes downwards."""

    def __init__(self, sheet: Any, made: Styles) -> None:
        self._sheet = sheet
        self._made = made
        self._at = 0
        sheet.hide_gridlines(2)
        for column, width in ((0, 2), (_LABEL, 44), (_COUNT, 11), (_MONEY, 18), (_MEANING, _MEANING_WIDTH)):
            sheet.set_column(column, column, width)

    def _across(self, text: str, height: float, **properties: object) -> None:
        self._sheet.set_row(self._at, height)
        style = self._made.get(text_wrap=True, valign="vcenter", **{"indent": 0, **properties})
        self._sheet.merge_range(self._at, _LABEL, self._at, _MEANING, "", style)
        put_text(self._sheet, self._at, _LABEL, text, style)
        self._at += 1

    def banner(self, text: str, colour: str) -> None:
        """The destination, in a band that nobody overlooks."""
        self._across(text, 30, bold=True, font_size=13, font_color="#FFFFFF", bg_color=colour, indent=1)

    def title(self, text: str) -> None:
        """What happened."""
        self._sheet.set_row(self._at, 8)
        self._at += 1
        self._across(text, _LINE * 1.7 * _lines(text, 105), bold=True, font_size=15)

    def paragraph(self, text: str) -> None:
        """What to do next."""
        self._across(text, _LINE * 1.15 * _lines(text, 130), font_size=11)

    def section(self, title: str, count: str, money: str, meaning: str) -> None:
        """The heading of a block of figures."""
        self._sheet.set_row(self._at, 10)
        self._at += 1
        self._sheet.set_row(self._at, 20)
        common = {
            "bold": True,
            "bottom": 1,
            "bottom_color": styles.SLATE,
            "font_color": styles.SLATE,
            "valign": "vcenter",
        }
        put_text(self._sheet, self._at, _LABEL, title, self._made.get(**{**common, "font_size": 11}))
        for column, heading in ((_COUNT, count), (_MONEY, money)):
            put_text(self._sheet, self._at, column, heading, self._made.get(**common, align="right"))
        put_text(self._sheet, self._at, _MEANING, meaning, self._made.get(**common))
        self._at += 1

    def amount(self, amount: Amount, meaning: str = "", *, bold: bool = False) -> None:
        """Some invoices and their money."""
        self._figures(amount.label, amount.count, amount.cents, meaning, bold=bold, status=amount.status)

    def count(self, label: str, count: int, *, bold: bool = False) -> None:
        """Some rows."""
        self._figures(label, count, None, "", bold=bold)

    def _figures(
        self,
        label: str,
        count: int | None,
        cents: int | None,
        meaning: str,
        *,
        bold: bool,
        status: Status | None = None,
    ) -> None:
        rule = {"bottom": 4, "bottom_color": styles.RULE, "bold": bold}
        made = self._made
        self._sheet.set_row(self._at, _LINE * max(_lines(meaning, _MEANING_WIDTH), _lines(label, 44)) + 3)
        style = made.chip(status, bottom=4, bottom_color=styles.RULE) if status else made.get(**rule, text_wrap=True)
        put_text(self._sheet, self._at, _LABEL, label, style)
        self._sheet.write_blank(self._at, _COUNT, None, made.get(**rule))
        if count is not None:
            self._sheet.write_number(self._at, _COUNT, count, made.get(**rule, num_format=styles.COUNT))
        self._sheet.write_blank(self._at, _MONEY, None, made.get(**rule))
        if cents is not None:
            self._sheet.write_number(self._at, _MONEY, cents / 100, made.get(**rule, num_format=styles.MONEY))
        put_text(
            self._sheet,
            self._at,
            _MEANING,
            meaning,
            made.get(bottom=4, bottom_color=styles.RULE, text_wrap=True, font_color=styles.QUIET, indent=1),
        )
        self._at += 1

    def difference(self, cents: int, meaning: str) -> None:
        """What is left over, which is nothing or has a name."""
        self._figures("Difference", None, cents, meaning, bold=True)

    def note(self, text: str) -> None:
        """A remark below a block."""
        self._across(text, _LINE * _lines(text, 140), font_color=styles.QUIET, italic=True)

    def notes(self, title: str, sentences: Sequence[str]) -> None:
        """Sentences, one below the other; nothing where there are none."""
        if sentences:
            self.section(title, "", "", "")
            for sentence in sentences:
                self._across(sentence, _LINE * _lines(sentence, 140) + 2)

    def facts(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Names and what they are."""
        if not pairs:
            return
        self.section(title, "", "", "")
        for name, fact in pairs:
            self._sheet.set_row(self._at, _LINE * max(_lines(fact, 100), _lines(name, 44)) + 1)
            style = self._made.get(text_wrap=True, align="left")
            put_text(self._sheet, self._at, _LABEL, name, self._made.get(font_color=styles.QUIET, text_wrap=True))
            self._sheet.merge_range(self._at, _COUNT, self._at, _MEANING, "", style)
            put_text(self._sheet, self._at, _COUNT, fact, style)
            self._at += 1

    def finish(self) -> None:
        """How it prints."""
        sheet = self._sheet
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 0, self._at, _MEANING)
        sheet.set_footer(f"&L{layout.SUMMARY}&RPage &P of &N")


def _lines(text: str, width: int) -> int:
    """How many lines the text takes at this many characters a line."""
    return max(1, sum(-(-max(len(line), 1) // width) for line in text.split("\n")))
