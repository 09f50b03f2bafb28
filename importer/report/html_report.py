"""The summary on one page of HTML, for mailing: nothing in it is loaded from elsewhere, nothing in it can run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import BinaryIO

from importer.domain.money import dollars
from importer.domain.outcome import Run, Status
from importer.domain.visible_text import visible
from importer.report.sandbox_run import as_rehearsal
from importer.report.sentences import (
    by_hand_in_short,
    destination,
    headline,
    meaning_of,
    next_steps,
    notices,
    profiles_said,
)
from importer.report.terminal import problem_lines
from importer.report.workbook.corrections_sheet import by_hand_said, files_said
from importer.report.workbook.styles import BANNERS, BARS, CHIPS
from importer.report.workbook.target import place
from importer.report.workbook.tie_out import (
    Amount,
    Party,
    TieOut,
    tie_out,
)
from importer.report.workbook.vendor_totals import compared, vendors

_MOST_LINES = 40  # of problems
_MOST_PARTIES = 15  # vendors, properties
_MOST_TOTALS = 12

_STYLE = """
body { font: 14px/1.45 Arial, Helvetica, sans-serif; color: #1F2933; max-width: 860px; margin: 24px auto }
h1 { font-size: 21px; margin: 18px 0 10px } h2 { font-size: 15px; color: #34495E; margin: 26px 0 6px }
.banner { color: #fff; font-weight: bold; font-size: 17px; padding: 12px 14px }
.next { background: #F2F5F8; padding: 10px 14px } .next ol { margin: 4px 0; padding-left: 22px }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: 5px 8px; border-bottom: 1px dotted #C3CAD2 }
th { color: #34495E; border-bottom: 1px solid #34495E } .n { text-align: right; white-space: nowrap }
.all td { font-weight: bold } .q { color: #5F6B77 } .chip { font-weight: bold }
.bar { width: 100%; margin: 16px 0 4px } .bar td { padding: 0; height: 22px; border: 1px solid #fff }
.facts td { font-size: 12px; word-break: break-all } .facts td:first-child { white-space: nowrap; color: #5F6B77 }
p, li { margin: 3px 0; overflow-wrap: anywhere }
@media print { body { margin: 0; font-size: 10px } .banner, .chip, .bar td, .next { print-color-adjust: exact } }
"""


def write_html_summary(run: Run, path: Path, *, over: bool = False) -> Path:
    """Write `html_summary` into a file; where it really is, as with `write_workbook`. Raises ResultsNotWritten."""
    page = html_summary(run).encode()

    def write(stream: BinaryIO) -> None:
        stream.write(page)

    return place(path, write, over=over)


def html_summary(run: Run) -> str:
    """The whole page as text."""
    run = as_rehearsal(run)
    sums = tie_out(run)
    where = destination(run)
    steps = "".join(f"<li>{escape(step)}</li>" for step in next_steps(run))
    body = [
        f'<div class="banner" style="background:{BANNERS[where.place]}">{where.place}: {escape(where.sentence)}</div>',
        f"<h1>{escape(headline(run))}</h1>",
        f'<div class="next"><b>What to do next</b><ol>{steps}</ol></div>',
        _bar(sums),
        _statuses(sums, run),
        _by_hand(run, sums),
        _own_totals(run),
        _amounts("Why invoices did not go", [(one.label, one.count, one.cents) for one in sums.reasons]),
        _amounts("What ResMan has", [(one.label, one.count, one.cents) for one in _in_resman(sums)]),
        _parties("By vendor", sums.vendors),
        _parties("By property", sums.properties),
        _problems(run),
        _rows(sums),
        _facts(run),
    ]
    return visible(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(f'Invoices, run {run.id}')}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body></html>\n"
    )


def _in_resman(sums: TieOut) -> tuple[Amount, ...]:
    return (*((sums.held, sums.accepted, *sums.stays) if sums.stays else ()), *sums.in_resman)


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]], *, last_is_all: bool = False) -> str:
    """`lines` hold finished HTML; a heading that ends in "|" is that of a column of figures."""
    figures = [heading.endswith("|") for heading in headings]

    def cells(tag: str, texts: Sequence[str]) -> str:
        return "".join(
            f'<{tag} class="n">{text}</{tag}>' if is_figure else f"<{tag}>{text}</{tag}>"
            for text, is_figure in zip(texts, figures, strict=True)
        )

    rows = [f"<tr>{cells('td', line)}</tr>" for line in lines]
    if last_is_all and rows:
        rows[-1] = rows[-1].replace("<tr>", '<tr class="all">', 1)
    head = cells("th", [escape(heading.rstrip("|")) for heading in headings])
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _bar(sums: TieOut) -> str:
    if len(sums.by_status) < 2 or any(amount.cents < 0 for _, amount in sums.by_status) or not sums.read.cents:
        return ""
    parts = "".join(
        f'<td style="background:{BARS[status]};width:{100 * amount.cents / sums.read.cents:.1f}%" '
        f'title="{escape(amount.label)}"></td>'
        for status, amount in sums.by_status
        if amount.cents
    )
    return f'<table class="bar"><tr>{parts}</tr></table>'


def _statuses(sums: TieOut, run: Run) -> str:
    lines = [
        (_chip(status), f"{one.count:,}", dollars(one.cents), _quiet(meaning_of(status, run)))
        for status, one in sums.by_status
    ]
    lines.append((escape(sums.read.label), f"{sums.read.count:,}", dollars(sums.read.cents), ""))
    lines.append(("Difference", "", dollars(sums.difference), _quiet("Read less what is accounted for.")))
    return "<h2>What became of every invoice</h2>" + _table(("", "Invoices|", "Amount|", ""), lines, last_is_all=True)


def _by_hand(run: Run, sums: TieOut) -> str:
    """From the vendor's file to what was read, where a workbook was given back."""
    lines = [
        (escape(label), "" if count is None else f"{count:,}", dollars(cents))
        for label, count, cents, _ in by_hand_said(run, sums)
    ]
    if not sums.by_hand:
        return ""
    title = "<h2>From the vendor's file to what was read</h2>"
    return title + _table(("", "Invoices|", "Amount|"), lines, last_is_all=True)


def _chip(status: Status) -> str:
    fill, ink = CHIPS[status]
    return f'<span class="chip" style="background:{fill};color:{ink};padding:2px 8px">{escape(status.label)}</span>'


def _quiet(text: str) -> str:
    return f'<span class="q">{escape(text)}</span>'


def _amounts(title: str, amounts: Sequence[tuple[str, int, int]]) -> str:
    if not amounts:
        return ""
    lines = [(escape(label), f"{count:,}", dollars(cents)) for label, count, cents in amounts]
    return f"<h2>{escape(title)}</h2>" + _table(("", "Invoices|", "Amount|"), lines)


def _own_totals(run: Run) -> str:
    totals = run.reading.control_totals[:_MOST_TOTALS]
    if not totals:
        return ""
    lines = [
        (escape(one.label), escape(one.place.cell), dollars(vendors(one)), _quiet(f"{one.place.file}: {compared(one)}"))
        for one in totals
    ]
    more = len(run.reading.control_totals) - len(totals)
    table = _table(("", "Cell", "Amount|", ""), lines)
    return f"<h2>The file's own totals</h2>{table}" + (f"<p>… and {more:,} more, in the workbook.</p>" if more else "")


def _parties(title: str, parties: Sequence[Party]) -> str:
    shown, rest = parties[:_MOST_PARTIES], parties[_MOST_PARTIES:]
    has_otherwise = any(party.otherwise for party in parties)

    def line(name: str, group: Sequence[Party]) -> tuple[str, ...]:
        sums = (
            sum(party.read for party in group),
            sum(party.posted for party in group),
            sum(party.confirmed for party in group),
            sum(party.ready + party.stopped + party.in_doubt for party in group),
            *([sum(party.otherwise for party in group)] if has_otherwise else []),
            sum(party.difference for party in group),
        )
        return (name, f"{sum(party.invoices for party in group):,}", *map(dollars, sums))

    lines = [line(escape(party.name), [party]) for party in shown]
    if rest:
        lines.append(line(f"{len(rest):,} others", rest))
    lines.append(line("All", parties))
    otherwise = ["Posted otherwise than read|"] if has_otherwise else []
    headings = ("", "Invoices|", "Read|", "Posted|", "Confirmed|", "Not posted|", *otherwise, "Difference|")
    return f"<h2>{escape(title)}</h2>" + _table(headings, lines, last_is_all=True)


def _problems(run: Run) -> str:
    lines = [line for line in problem_lines(run) if line.text]
    if not lines:
        return ""
    shown = "".join(
        f"<p><b>{escape(line.text)}</b></p>" if line.is_heading else f"<p>{escape(line.text.strip())}</p>"
        for line in lines[:_MOST_LINES]
    )
    left = sum(line.stands_for for line in lines[_MOST_LINES:])
    return f"<h2>Problems</h2>{shown}" + (f"<p>… and {left:,} more, in the workbook.</p>" if left else "")


def _rows(sums: TieOut) -> str:
    if not sums.rows:
        return ""
    lines = [(escape(row.label), f"{row.count:,}") for row in sums.rows]
    lines.append(("All rows", f"{sums.row_total:,}"))
    return "<h2>What became of every row</h2>" + _table(("", "Rows|"), lines, last_is_all=True)


def _facts(run: Run) -> str:
    facts = [
        *files_said(run),
        *([("By hand", by_hand)] if (by_hand := by_hand_in_short(run)) else []),
        ("Profile", profiles_said(run)),
        ("Destination", run.destination),
        ("Run", f"{run.id} ({run.command}), by {run.who}"),
        ("Time", f"{run.started.isoformat(' ', 'seconds')}, {str(run.finished - run.started).split('.')[0]}"),
        ("Plan", run.plan or "none"),
        *(("Notice", notice) for notice in notices(run)),
    ]
    lines = "".join(f"<tr><td>{escape(name)}</td><td>{escape(fact)}</td></tr>" for name, fact in facts)
    return f'<h2>This run</h2><table class="facts">{lines}</table>'
