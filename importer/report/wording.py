"""The sentences of the report: what happened, what to do next, where it went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from importer.models import Outcome, Run, Status, dollars


class Place(StrEnum):
    """Which ResMan account a run was for."""

    PRODUCTION = "PRODUCTION"
    SANDBOX = "SANDBOX"
    OTHER = "OTHER SERVER"  # treated with the care that production gets


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the invoices of a run go, in words that nobody can mistake."""

    place: Place
    sentence: str


def destination(run: Run) -> Destination:
    """The run's destination, and whether anything was sent there."""
    host = urlsplit(run.destination).hostname or run.destination
    sent = run.command != "check"
    if host == "sandbox" or host.startswith("api.sandbox.") or host in ("localhost", "127.0.0.1", "::1"):
        return Destination(Place.SANDBOX, "A rehearsal: nothing here reaches the real ResMan.")
    place = Place.PRODUCTION if host == "api.propexo.com" else Place.OTHER
    where = f"the live ResMan account through {host}" if place is Place.PRODUCTION else run.destination
    return Destination(place, f"Sent to {where}." if sent else f"Checked for {where}. Nothing was sent.")


def several(count: int, noun: str) -> str:
    """1 → "1 invoice", 1234 → "1,234 invoices"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


_HAPPENED = {
    Status.READY: "ready to send",
    Status.POSTED: "posted",
    Status.ALREADY_POSTED: "posted before",
    Status.NEEDS_FIXING: "to be fixed",
    Status.REFUSED: "refused",
    Status.IN_DOUBT: "in doubt",
    Status.NOT_SENT: "not sent",
    Status.CONFLICT: "in conflict with what was posted before",
}

MEANING = {
    Status.READY: "Nothing stands against sending it.",
    Status.POSTED: "Accepted. It starts unapproved in ResMan; a person approves it there.",
    Status.ALREADY_POSTED: "Accepted in an earlier run with the very same content. Nothing was sent again.",
    Status.NEEDS_FIXING: "Not sent. Correct what its problems name, and run again.",
    Status.REFUSED: "Not taken. Correct what the answer names, and run again.",
    Status.IN_DOUBT: "It may have arrived. Do not enter it by hand; run “invoice-importer settle”.",
    Status.NOT_SENT: "Not sent. Run the same file again; what was posted stays posted.",
    Status.CONFLICT: "Not sent. Its number was posted before with other content: compare the two.",
}
"""What each status means and how to go on, for one invoice."""


def happened(run: Run) -> str:
    """ "38 of 42 invoices posted ($12,345.00); 4 to be fixed": the run in one line."""
    counts, amounts = run.counts(), run.amounts()
    whole = counts["invoices"]
    if not whole:
        return "No invoice could be read."
    present = [status for status in Status if counts[status]]
    if len(present) == 1:
        (status,) = present
        subject = "The invoice is" if whole == 1 else f"All {several(whole, 'invoice')} are"
        return f"{subject} {_HAPPENED[status]} ({dollars(amounts[status])})."
    first, *others = sorted(present, key=lambda status: (not status.is_fine, -counts[status]))
    said = f"{counts[first]:,} of {several(whole, 'invoice')} {_HAPPENED[first]} ({dollars(amounts[first])})"
    return "; ".join([said, *(f"{counts[status]:,} {_HAPPENED[status]}" for status in others)]) + "."


def next_step(run: Run) -> str:
    """What the reader of the report should do now, most urgent first."""
    counts = run.counts()
    steps = []
    if counts[Status.IN_DOUBT]:
        steps.append(
            f"Run “invoice-importer settle”: for {several(counts[Status.IN_DOUBT], 'invoice')} no answer tells whether "
            "it arrived. Do not enter these by hand."
        )
    if run.stopped:
        steps.append(run.stopped)
    if counts[Status.CONFLICT]:
        steps.append("Compare the invoices in conflict with what was posted before under their numbers.")
    loose = sum(1 for problem in run.reading.problems if problem.is_error)
    mend = counts[Status.NEEDS_FIXING] + counts[Status.REFUSED]
    if mend or loose:
        what = several(mend, "invoice") if mend else several(loose, "problem")
        steps.append(f"Correct {what}: the sheet “To fix” names every cell. Then run again; nothing is sent twice.")
    if counts[Status.NOT_SENT]:
        steps.append("Run the same file again for those that were not sent.")
    if counts[Status.READY]:
        rest = "it" if counts[Status.READY] == 1 else f"the {counts[Status.READY]:,} that are ready"
        steps.append(f"Send {rest} with “invoice-importer submit”.")
    if not steps and counts[Status.POSTED] + counts[Status.ALREADY_POSTED]:
        steps.append("Nothing to do here. Approve the new invoices in ResMan.")
    return " ".join(steps) or "Nothing to do: the file holds no invoices."


def how_to_go_on(outcome: Outcome) -> str:
    """What to do about one invoice; "" where nothing needs doing."""
    if outcome.status is Status.READY or outcome.status.is_fine:
        return ""
    return MEANING[outcome.status]
