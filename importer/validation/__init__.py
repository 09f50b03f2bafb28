"""Rules over invoices. Everything is decided here, before anything is sent.

A rule is one small pure function from a case (an invoice, what its lines come to, today's date) to problems. They
stand in the order in which a clerk reads the answers: `REQUIRED`, `DATES`, `TOTALS`. A cell that the reader could not
read is reported once, by the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from importer.domain.invoice import Invoice
from importer.domain.packed import PackedTexts
from importer.domain.payload import Payload
from importer.domain.problems import Problem
from importer.domain.reading import Reading
from importer.domain.severity import Level, with_levels
from importer.duplicates.within_run import repeated
from importer.validation import date_rules, required, totals
from importer.validation.half_bills import waiting
from importer.validation.line_rounding import charge, with_rounding
from importer.validation.rule_input import USUAL_LIMITS, DateLimits, RuleInput

Rule = Callable[[RuleInput], Iterable[Problem]]
NO_LEVELS: Mapping[str, Level] = {}

REQUIRED: tuple[Rule, ...] = (required.header_is_filled, required.lines_are_filled)
DATES: tuple[Rule, ...] = (
    date_rules.years_are_possible,
    date_rules.due_follows_issue,
    date_rules.issue_is_recent,
    date_rules.accounting_date_is_near,
)
TOTALS: tuple[Rule, ...] = (
    totals.total_can_be_sent,
    totals.lines_multiply,
    totals.lines_are_sent_as_said,
    totals.lines_add_up,
)


class Checked(NamedTuple):
    """One invoice with everything that is wrong with it. `payload` is None where an error stands against sending."""

    invoice: Invoice
    problems: tuple[Problem, ...]
    payload: Payload | None


def validate(
    reading: Reading, *, today: date, limits: DateLimits = USUAL_LIMITS, levels: Mapping[str, Level] = NO_LEVELS
) -> tuple[Checked, ...]:
    """A verdict for each invoice of the reading, in its order. `levels` says how bad a problem is, by its code."""
    fine: set[date_rules.Days] = set()
    texts = PackedTexts()
    verdicts = [_judge(_case(invoice, today, limits), levels, fine, texts) for invoice in reading.invoices]
    _stop(verdicts, repeated([(verdict.invoice, verdict.payload) for verdict in verdicts]))
    _stop(verdicts, waiting([(verdict.invoice, verdict.payload, verdict.problems) for verdict in verdicts]))
    return tuple(verdicts)


def _stop(verdicts: list[Checked], found: Mapping[int, Problem]) -> None:
    for index, problem in found.items():
        verdict = verdicts[index]
        verdicts[index] = Checked(verdict.invoice, (*verdict.problems, problem), None)


def _case(invoice: Invoice, today: date, limits: DateLimits) -> RuleInput:
    return RuleInput(invoice, with_rounding(invoice, tuple(map(charge, invoice.lines))), today, limits)


def _judge(case: RuleInput, levels: Mapping[str, Level], fine: set[date_rules.Days], texts: PackedTexts) -> Checked:
    """`fine` are dates of which the rules had nothing to say, and learns of others: most invoices share theirs."""
    found = list(case.invoice.problems)
    if not required.are_filled(case):
        found += _told(REQUIRED, case)
    days = date_rules.days_of(case.invoice)
    if days not in fine:
        of_days = list(_told(DATES, case))
        found += of_days
        if not of_days:
            fine.add(days)
    if not totals.are_plain(case):
        found += _told(TOTALS, case)
    if not found:
        return Checked(case.invoice, (), _payload(case, texts))
    problems = with_levels(found, levels)
    stopped = any(problem.is_error for problem in problems)
    return Checked(case.invoice, problems, None if stopped else _payload(case, texts))


def _told(rules: Iterable[Rule], case: RuleInput) -> Iterator[Problem]:
    for rule in rules:
        yield from rule(case)


def _payload(case: RuleInput, texts: PackedTexts) -> Payload:
    """The body of the request for an invoice without errors.

    Its fields were checked by the rules. Pydantic checks the whole once more: a gap that no rule named is a mistake
    of ours, and ends the run here, before anything is sent.
    """
    invoice = case.invoice
    return Payload.checked(
        {
            "integration_id": invoice.integration_id,
            "property_id": invoice.property_id,
            "vendor_id": invoice.vendor_id,
            "invoice_number": invoice.invoice_number,
            "invoice_date": invoice.invoice_date,
            "due_date": invoice.due_date,
            "accounting_date": invoice.accounting_date,
            "notes": invoice.notes,
            "memo": invoice.memo,
            "total_amount_in_cents": None if invoice.total is None else int(invoice.total),
            "invoice_items": [sent.as_item() for sent in case.charges if sent is not None],
        },
        texts,
    )
