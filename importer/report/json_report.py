"""The object that `--json` prints."""

from __future__ import annotations

from pathlib import Path

from importer.domain.corrections import WHOLE_ROW, CorrectionTrail
from importer.domain.follow_up_facts import Change, StillPosted
from importer.domain.outcome import Outcome, Run
from importer.domain.problems import Problem
from importer.domain.reading import ControlTotal
from importer.report.sandbox_commands import with_sandbox_flag
from importer.report.sentences import notices
from importer.report.workbook.corrections_sheet import told_trace
from importer.report.workbook.tie_out import as_said
from importer.report.workbook.vendor_totals import vendors


def as_json(run: Run, results: Path | None) -> dict[str, object]:
    """A run as plain values for `json.dumps`; money in cents. `results` is where the workbook really is.

    The top-level `problems` are those of rows that belong to no invoice, and of the files as a whole.
    `own_totals` are there where a file states any, `by_hand` where a results workbook was given back.
    """
    return {
        "command": run.command,
        "run": run.id,
        "files": [file.name for file in run.reading.files],
        "destination": run.destination,
        "who": run.who,
        "plan": run.plan,
        "results": None if results is None else str(results),
        "started": run.started.isoformat(),
        "finished": run.finished.isoformat(),
        "stopped": run.stopped,
        "notices": list(notices(run)),
        "unknown_names": [
            {
                "what": one.noun,
                "name": one.name,
                "rows": one.rows,
                "invoices": one.invoices,
                "amount_in_cents": one.cents,
                "nearest": list(one.nearest),
                "remedy": with_sandbox_flag(one.remedy, run.destination),
            }
            for one in run.unknown_names
        ],
        "counts": run.counts(),
        "amounts": run.amounts(),
        "skipped_rows": [
            {"file": skipped.file, "sheet": skipped.sheet, "row": skipped.row, "reason": skipped.reason}
            for table in run.reading.tables
            for skipped in table.skipped
        ],
        "problems": [_problem(problem, run) for problem in run.reading.problems],
        **({"stays": [_stays(each) for each in run.stays]} if run.stays else {}),
        "invoices": [_invoice(outcome, run) for outcome in run.outcomes],
        **({"own_totals": list(map(_own_total, run.reading.control_totals))} if run.reading.control_totals else {}),
        **({"by_hand": _by_hand(told_trace(run))} if run.reading.trace.rounds else {}),
        **({"changes": [_change(change) for change in run.changes]} if run.command == "status" else {}),
    }


def _by_hand(trace: CorrectionTrail) -> dict[str, object]:
    """What was changed between the vendor's files and what was read: the sheet "Corrections"."""
    return {
        "files": [{"file": one.name, "sha256": one.sha256 or None} for one in trace.origins],
        "rounds": [
            {
                "round": one.number,
                "workbook": one.workbook,
                "sha256": one.sha256,
                "run": one.run or None,
                "taken_in_by_run": one.taken_in or None,
                "who": one.who or None,
                "when": one.when or None,
            }
            for one in trace.rounds
        ],
        "corrections": [
            {
                "round": one.round,
                "invoice_number": one.invoice,
                "file": one.file,
                "sheet": one.sheet or None,
                "row": one.row,
                "column": None if one.column == WHOLE_ROW else one.column,
                "was": one.was,
                "now": one.now,
                "moved_in_cents": one.cents,
            }
            for one in trace.corrections
        ],
        "taken_out": [
            {
                "round": one.round,
                "invoice_number": one.invoice,
                "vendor_id": one.vendor,
                "property_id": one.property,
                "file": one.file,
                "rows": one.rows,
                "amount_in_cents": one.cents,
            }
            for one in trace.taken_out
        ],
    }


def _own_total(control: ControlTotal) -> dict[str, object]:
    """A total that a file states. `says_in_cents` is the vendor's; what it was changed to by hand stands beside it."""
    return {
        "file": control.place.file,
        "sheet": control.place.sheet,
        "row": control.place.row,
        "column": control.place.column,
        "label": control.label,
        "says_in_cents": vendors(control),
        "changed_by_hand_to_in_cents": None if control.vendor is None else int(control.says),
        "rows_come_to_in_cents": int(control.found),
        "agrees": control.agrees,
        "unreadable": list(control.unread),
    }


def _stays(stays: StillPosted) -> dict[str, object]:
    return {
        "invoice_number": stays.invoice_number,
        "vendor_id": stays.vendor_id,
        "total_amount_in_cents": stays.cents,
        "job_id": stays.job_id,
        "resman": stays.resman,
        "why": stays.why.name.lower(),
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "key": change.key,
        "invoice_number": change.invoice_number,
        "vendor_id": change.vendor_id,
        "total_amount_in_cents": change.cents,
        "was": change.was,
        "now": change.now,
        "at": change.at.isoformat(),
    }


def _problem(problem: Problem, run: Run) -> dict[str, object]:
    place = problem.place
    return {
        "code": problem.kind.code,
        "severity": problem.severity.value,
        "message": with_sandbox_flag(problem.message, run.destination),
        "file": place.file,
        "sheet": place.sheet,
        "row": place.row,
        "column": place.column,
        "field": problem.field,
        "value": problem.value,
    }


def _invoice(outcome: Outcome, run: Run) -> dict[str, object]:
    invoice, payload = outcome.invoice, outcome.payload
    answer: dict[str, object] = {
        "invoice_number": payload.invoice_number if payload else as_said(outcome, "invoice_number"),
        "vendor_id": payload.vendor_id if payload else as_said(outcome, "vendor_id"),
        "property_id": payload.property_id if payload else as_said(outcome, "property_id"),
        "total_amount_in_cents": payload.total_amount_in_cents if payload else invoice.worth,
        "status": outcome.status.value,
        "job_id": outcome.job_id,
        "resman": outcome.resman,
        "key": outcome.key,
        "fingerprint": outcome.fingerprint,
        "file": invoice.source.file,
        "sheet": invoice.source.sheet,
        "rows": [row.number for row in invoice.rows],
        "problems": [_problem(problem, run) for problem in outcome.problems],
    }
    if outcome.alarm is not None:
        answer["alarm"] = outcome.alarm.value
    if outcome.evidence:
        answer["evidence"] = [
            {"looked_at": one.looked_at, "at": one.at.isoformat(), "found": one.found} for one in outcome.evidence
        ]
    return answer
