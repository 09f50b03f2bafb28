"""The runs of the ledger, for people and for programs."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.domain.money import dollars
from importer.domain.outcome import Run, Status
from importer.report.csv_report import safe_text
from importer.report.json_report import as_json
from importer.workbook_format.layout import tidy_text

if TYPE_CHECKING:
    from rich.console import RenderableType


def history(runs: Sequence[Mapping[str, Any]]) -> RenderableType:
    """A table of runs, in the order given: its name (which begins with the moment), who, what, and what came of it."""
    from rich.table import Table
    from rich.text import Text

    if not runs:
        return Text("Nothing has been run yet.")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("Run", no_wrap=True, min_width=24)  # whole, because `status RUN` takes it
    for heading in ("Who", "What", "Outcome"):
        table.add_column(heading, overflow="fold")
    for run in runs:
        files = ", ".join(str(file["name"]) for file in run["files"])
        cells = (run["id"], run["who"], f"{run['command']} {files}".strip(), _cut(_outcome(run)))
        table.add_row(*map(Text, cells))  # a Text is shown as it is, also where a file is called "[bold].csv"
    return table


def _cut(outcome: str) -> str:
    """As much as leaves a line readable; `history RUN` says all."""
    return textwrap.shorten(outcome, LONGEST_OUTCOME, placeholder=" …")


LONGEST_OUTCOME = 90
"""Characters: one run that could not go on does not make all lines wrap."""


def one_run(run: Mapping[str, Any], told: Run) -> RenderableType:
    """Everything that is known of one run, and each of its invoices as it stands now."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    for name, fact in (*_facts(run), *_now(run, told)):
        facts.add_row(Text(name), Text(tidy_text(fact)))
    if not told.outcomes:
        return Group(facts, Text(_NOTHING_KEPT))
    invoices = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("Invoice", "Vendor", "Property", "Amount", "Outcome", "ResMan", "Job id"):
        invoices.add_column(heading, overflow="fold", justify="right" if heading == "Amount" else "left")
    for cells in _invoice_rows(told):
        invoices.add_row(*(Text(tidy_text(cell)) for cell in cells[: len(invoices.columns)]))
    return Group(facts, Text(), invoices)


_NOTHING_KEPT = (
    "Nothing more is kept of its invoices: none was sent by it, or all of them were sent again by a later run. "
    "A check keeps its plan and its workbook only."
)


def _facts(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Run", f"{run['id']} ({run['command']})"
    yield "Who", str(run["who"])
    yield "Destination", str(run["destination"])
    yield "Started", run["started"].isoformat(" ", "seconds")
    yield "Ended", run["finished"].isoformat(" ", "seconds") if run["finished"] else "not yet, or it broke off"
    for file in run["files"]:
        digest = f", SHA-256 {file['sha256']}" if file.get("sha256") else ""
        yield "File", f"{file['name']}{digest}"
    if run["plan"]:
        yield "Plan", str(run["plan"])
    if run["stopped"]:
        yield "Stopped", str(run["stopped"])
    options = run.get("options") or {}
    for origin in _origins(run):
        yield "Vendor's file", f"{origin['name']}, SHA-256 {origin['sha256'] or 'not kept'}"
    for each in _rounds(run):
        yield f"Round {each['round']}", f"{each['workbook']}, written by run {each['run'] or 'unknown'}"
    if options.get("expect_count") is not None:
        yield "Stated count", f"{options['expect_count']:,}"
    if options.get("expect_total") is not None:
        yield "Stated total", dollars(options["expect_total"])
    yield "Outcome then", _outcome(run) or "nothing"
    if run["exit_code"] is not None:
        yield "Exit code", str(run["exit_code"])
    yield "Results", f"{run['results']}{_whereabouts(run['results'])}" if run["results"] else "none were written"


def _now(run: Mapping[str, Any], told: Run) -> Iterator[tuple[str, str]]:
    if told.continued is not None:
        yield "Went on in", f"{told.continued.file}, run {told.continued.run}"
    if told.outcomes:
        now = {**run, "counts": told.counts(), "amounts": told.amounts()}
        yield "Its invoices now", _outcome(now)


def _origins(run: Mapping[str, Any]) -> list[dict[str, object]]:
    """The vendor's files behind a workbook that was given back."""
    kept = (run.get("options") or {}).get("origins", ())
    return [{name: each[name] for name in ("name", "sha256", "size")} for each in kept]


def _rounds(run: Mapping[str, Any]) -> list[dict[str, object]]:
    """The workbooks that were given back up to this run, and the runs that wrote them."""
    kept = (run.get("options") or {}).get("rounds", ())
    return [
        {"round": each["number"], "workbook": each["workbook"], "sha256": each["sha256"], "run": each["run"]}
        for each in kept
    ]


def _whereabouts(results: str) -> str:
    return "" if Path(results).is_file() else " (no longer there)"


INVOICE_HEADINGS = (
    "Invoice", "Vendor", "Property", "Amount", "Outcome", "ResMan", "Job id", "File", "Rows", "Key", "Said",
)  # fmt: skip


def _invoice_rows(told: Run) -> Iterator[tuple[str, ...]]:
    for outcome in told.outcomes:
        invoice, sent = outcome.invoice, outcome.payload
        called = sent or invoice
        yield (
            called.invoice_number or "",
            called.vendor_id or "",
            called.property_id or "",
            dollars(invoice.worth if sent is None else sent.total_amount_in_cents),
            outcome.status.label,
            outcome.resman or "",
            outcome.job_id or "",
            invoice.source.file,
            ", ".join(str(row.number) for row in invoice.rows),
            outcome.key or "",
            " ".join(problem.what for problem in outcome.problems),
        )


def one_run_json(run: Mapping[str, Any], told: Run) -> dict[str, object]:
    """The same for programs: the run as `history_json` has it, and its invoices as `status --json` has them."""
    found, after = as_json(told, None), told.continued
    return {
        "command": "history",
        "runs": [_run_json(run)],
        "went_on_in": None if after is None else {"run": after.run, "file": after.file},
        "now": {"counts": told.counts(), "amounts": told.amounts()},
        **{name: found[name] for name in ("by_hand", "stays") if name in found},
        "corrections": [each._asdict() for each in told.reading.trace.corrections],
        "invoices": found["invoices"],
    }


def one_run_csv(told: Run) -> str:
    """The run's invoices, one a line."""
    plain = str.maketrans("", "", "$,")
    trace, after = told.reading.trace, told.continued
    contents = {each.name: each.sha256 for each in trace.origins} or {
        each.name: each.sha256 for each in told.reading.files
    }
    before = ", ".join(each.run for each in trace.rounds)
    run = (before, "" if after is None else after.run)
    rows = _invoice_rows(told)
    return _csv(
        (*INVOICE_HEADINGS, "SHA-256 of the file", "Runs before", "Run after"),
        ((*row[:3], row[3].translate(plain), *row[4:], contents.get(row[7], ""), *run) for row in rows),
    )


def history_csv(runs: Sequence[Mapping[str, Any]]) -> str:
    """The runs, one a line: amounts in dollars, moments in ISO 8601."""
    headings = ("Run", "Command", "Started", "Ended", "Who", "Destination", "Files", "Plan", "Invoices", "Amount")
    labels = [*(status.label for status in Status), *(word.capitalize() for word in STANDING.values())]
    statuses = [word for label in labels for word in (label, f"{label}, amount")]
    rows = []
    for run in runs:
        counts, amounts = run["counts"] or {}, run["amounts"] or {}
        rows.append(
            (
                run["id"],
                run["command"],
                run["started"].isoformat(),
                run["finished"].isoformat() if run["finished"] else "",
                run["who"],
                run["destination"],
                ", ".join(str(file["name"]) for file in run["files"]),
                run["plan"] or "",
                str(counts.get("invoices", "")),
                _dollars(amounts.get("invoices")),
                *(cell for what in _told_of(run) for cell in _count_and_amount(run, what)),
                "" if run["exit_code"] is None else str(run["exit_code"]),
                run["stopped"] or "",
                run["results"] or "",
                ", ".join(str(each["name"]) for each in _origins(run)),
                ", ".join(str(each["run"]) for each in _rounds(run)),
                _dollars((run.get("options") or {}).get("expect_total")),
            )
        )
    return _csv(
        (*headings, *statuses, "Exit code", "Stopped", "Results", "Vendor's files", "Runs before", "Stated total"), rows
    )


STANDING = {"confirmed": "confirmed", "pending": "on the way"}
"""What `status` counts of invoices that another run has posted."""


def _told_of(run: Mapping[str, Any]) -> list[str]:
    """The counts of a run, by their names; "" where one would count again what another run has posted."""
    has_posted = run["command"] != "status"
    return [*("" if status is Status.POSTED and not has_posted else status for status in Status), *STANDING]


def _count_and_amount(run: Mapping[str, Any], what: str) -> tuple[str, str]:
    counts, amounts = run["counts"] or {}, run["amounts"] or {}
    return str(counts.get(what, "")), _dollars(amounts.get(what))


def _dollars(cents: int | None) -> str:
    return "" if cents is None else f"{Decimal(cents) / 100:.2f}"


def _csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([safe_text(cell) for cell in row] for row in rows)
    return text.getvalue()


def history_json(runs: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """The same for programs; moments in ISO 8601, amounts in cents."""
    return {"command": "history", "runs": [_run_json(run) for run in runs]}


def _run_json(run: Mapping[str, Any]) -> dict[str, object]:
    return {
        "run": run["id"],
        "command": run["command"],
        "started": run["started"].isoformat(),
        "finished": run["finished"].isoformat() if run["finished"] else None,
        "who": run["who"],
        "destination": run["destination"],
        "files": run["files"],
        "vendor_files": _origins(run),
        "rounds": _rounds(run),
        "expected": {name: (run.get("options") or {}).get(f"expect_{name}") for name in ("count", "total")},
        "plan": run["plan"],
        "counts": run["counts"],
        "amounts": run["amounts"],
        "results": run["results"],
        "exit_code": run["exit_code"],
        "stopped": run["stopped"],
    }


def _outcome(run: Mapping[str, Any]) -> str:
    counts, amounts = run["counts"], run["amounts"]
    if counts is None:
        stopped = str(run["stopped"] or ("under way" if run["finished"] is None else ""))
        return stopped.splitlines()[0] if stopped else ""
    words = {status.value: status.label.lower() for status in Status} | STANDING
    told = [what for what in _told_of(run) if counts.get(what)]
    if not told and counts.get(Status.POSTED):
        return f"{counts[Status.POSTED]:,} asked after ({dollars(amounts[Status.POSTED])})"  # by an older version
    return ", ".join([f"{counts[what]:,} {words[what]} ({dollars(amounts[what])})" for what in told])
