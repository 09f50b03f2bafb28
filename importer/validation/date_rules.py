"""Dates that make sense, by themselves and together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from importer.domain.invoice import Invoice
from importer.domain.problem_catalog import (
    DISTANT_ACCOUNTING_DATE,
    DUE_BEFORE_ISSUED,
    FUTURE_DATE,
    IMPOSSIBLE_YEAR,
    OLD_DATE,
)
from importer.domain.problems import Problem
from importer.validation.rule_input import RuleInput

EARLIEST_YEAR = 2000
LONGEST_TERMS = timedelta(days=5 * 366)
YEAR = timedelta(days=366)

Days = tuple[date | None, date | None, date | None]


def days_of(invoice: Invoice) -> Days:
    """All that the rules of this page go by, besides today's date and the limits."""
    return invoice.invoice_date, invoice.due_date, invoice.accounting_date


def years_are_possible(case: RuleInput) -> Iterator[Problem]:
    """No date lies before the year 2000 or more than five years ahead."""
    invoice = case.invoice
    for field in ("invoice_date", "due_date", "accounting_date"):
        day: date | None = getattr(invoice, field)
        if day is not None and not _is_possible(day, case.today):
            text = invoice.cell_text(field)
            yield Problem(IMPOSSIBLE_YEAR, f"{text!r} is in the year {day.year}.", invoice.place(field), field, text)


def due_follows_issue(case: RuleInput) -> Iterator[Problem]:
    """The due date is not before the bill date."""
    invoice = case.invoice
    issued, due = _possible(invoice.invoice_date, case.today), _possible(invoice.due_date, case.today)
    if issued is not None and due is not None and due < issued:
        what = f"The due date {due} is before the bill date {issued}."
        yield Problem(DUE_BEFORE_ISSUED, what, invoice.place("due_date"), "due_date", invoice.cell_text("due_date"))


def issue_is_recent(case: RuleInput) -> Iterator[Problem]:
    """Warns of a bill date longer ago, or further ahead, than the settings allow."""
    invoice = case.invoice
    day = _possible(invoice.invoice_date, case.today)
    limits = case.limits
    if day is None or -limits.old_after <= (day - case.today).days <= limits.future_after:
        return
    place, text = invoice.place("invoice_date"), invoice.cell_text("invoice_date")
    if day < case.today:
        yield Problem(OLD_DATE, f"The bill date is {day}, {_long_ago(limits.old_after)}.", place, "invoice_date", text)
    else:
        yield Problem(FUTURE_DATE, f"The bill date is {day}, far in the future.", place, "invoice_date", text)


def accounting_date_is_near(case: RuleInput) -> Iterator[Problem]:
    """Warns of an accounting date more than a year away from the bill date."""
    invoice = case.invoice
    issued, booked = _possible(invoice.invoice_date, case.today), _possible(invoice.accounting_date, case.today)
    if issued is not None and booked is not None and abs(booked - issued) > YEAR:
        what = f"The accounting date {booked} is more than a year away from the bill date {issued}."
        text = invoice.cell_text("accounting_date")
        yield Problem(DISTANT_ACCOUNTING_DATE, what, invoice.place("accounting_date"), "accounting_date", text)


def _long_ago(days: int) -> str:
    return "more than a year ago" if days in (365, 366) else f"more than {days} days ago"


def _is_possible(day: date, today: date) -> bool:
    if day.year < EARLIEST_YEAR:
        return False
    return day.year <= today.year or day <= today + LONGEST_TERMS


def _possible(day: date | None, today: date) -> date | None:
    """The day, unless `years_are_possible` has named it already: one mistake is told once."""
    return day if day is not None and _is_possible(day, today) else None
