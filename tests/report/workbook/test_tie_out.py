"""The sums close, whatever the run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings

from importer.domain.invoice import Source
from importer.domain.outcome import Run, Status
from importer.domain.payload import Payload
from importer.domain.problem_catalog import CONTROL_TOTAL, ROUNDED_LINE, TOTAL_MISMATCH
from importer.domain.problems import Place, Problem
from importer.domain.reading import SkippedRow, Table
from importer.report.row_outcomes import RowOutcomes
from importer.report.sentences import meaning_of, next_steps
from importer.report.workbook.tie_out import Amount, RowCount, tie_out
from tests import factory
from tests.report.random_runs import runs


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_everything_read_is_accounted_for(run: Run) -> None:
    """Invoices by status, by reason, by ResMan's answer, by vendor and property, and rows by their fate: all add up."""
    sums = tie_out(run)
    counts, amounts = run.counts(), run.amounts()
    assert sums.difference == 0
    assert sums.read == Amount("Read from the input", counts["invoices"], amounts["invoices"])
    assert sum(amount.count for _, amount in sums.by_status) == counts["invoices"]
    stuck = [status for status in Status if not status.is_fine]
    assert sum(one.count for one in sums.reasons) == sum(counts[status] for status in stuck)
    assert sum(one.cents for one in sums.reasons) == sum(amounts[status] for status in stuck)
    accepted = amounts["posted"] + amounts["already_posted"]
    assert sums.accepted.cents == accepted + sums.rounding + sums.later
    assert sums.held.cents == sum(one.cents for one in sums.in_resman)
    assert sums.row_total == sum(row.count for row in sums.rows)
    skipped = sum(len(table.skipped) for table in run.reading.tables)
    assert sums.row_total == len(run.reading.tables) + counts["rows"] + skipped
    for parties in (sums.vendors, sums.properties):
        assert sum(party.invoices for party in parties) == counts["invoices"]
        assert sum(party.read for party in parties) == amounts["invoices"]
        assert sum(party.posted for party in parties) == sums.held.cents
        assert sum(party.otherwise for party in parties) == sums.held.cents - accepted
        confirmed = sum(one.cents for one in sums.in_resman if one.label == "Confirmed in ResMan")
        assert sum(party.confirmed for party in parties) == confirmed
        for party in parties:
            assert party.difference == 0
            assert sum(one.cents for one in party.reasons) == party.stopped + party.in_doubt
            assert sum(one.cents for one in party.remarks) == party.otherwise


def test_rounding_has_a_name() -> None:
    """Where the sheet has parts of a cent, what was sent differs from what was read, and the difference is said."""
    read = factory.invoice(factory.line(1, "1000.4"), factory.line(1, "1000.4"))
    sent = factory.payload(read)
    outcome = factory.outcome(read, problems=[Problem(ROUNDED_LINE, "Rounded.")])
    assert (read.worth, sent.total_amount_in_cents) == (2000, 2000)
    rounded = Payload.of(replace(sent.read(), total_amount_in_cents=2001))
    run = factory.run(outcome._replace(payload=rounded, job_id="job-1"))
    sums = tie_out(run)
    assert (sums.read.cents, sums.accepted.cents, sums.rounding, sums.difference) == (2000, 2001, 1, 0)
    (vendor,) = sums.vendors
    assert (vendor.read, vendor.posted, vendor.remarks) == (2000, 2001, (Amount("Rounding", 1, 1),))


def test_a_vendor_that_a_profile_gives_has_an_id() -> None:
    """The sheet does not say it; a text that may be a name and was not found is no id."""
    silent = factory.source(headings=("Inv", "Who"), fields=("invoice_number", "property_id"))
    given = factory.with_cells(factory.invoice(vendor="vend-9", prop="Maple", at=silent), [("A-1", "Maple")])
    sums = tie_out(factory.run(factory.outcome(given, Status.NEEDS_FIXING)))
    assert [(party.name, party.id) for party in (*sums.vendors, *sums.properties)] == [
        ("vend-9", "vend-9"),
        ("Maple", ""),
    ]


def test_an_invoice_is_counted_under_its_first_error() -> None:
    """Several problems do not count its money several times; the largest reason stands first."""
    two = [Problem(TOTAL_MISMATCH, "a"), Problem(TOTAL_MISMATCH, "b")]
    run = factory.run(
        factory.outcome(factory.invoice(total=500), Status.NEEDS_FIXING, problems=two),
        factory.outcome(factory.invoice(number="2", total=900), Status.NOT_SENT),
    )
    assert tie_out(run).reasons == (Amount("The invoice was not sent", 1, 900), Amount(TOTAL_MISMATCH.title, 1, 500))


def test_what_holds_up_the_whole_run_is_the_reason() -> None:
    """Not each invoice's "it was not sent", and the way out is not to run the same file again."""
    invoice = factory.invoice(total=900)
    wrong = Problem(CONTROL_TOTAL, "'Grand Total' says $10.00.", Place("march.xlsx", "Sheet1", 9, "D"))
    run = factory.run(
        factory.outcome(invoice, Status.NOT_SENT), of=replace(factory.reading([invoice]), problems=(wrong,))
    )
    sums = tie_out(run)
    assert sums.reasons == sums.vendors[0].reasons == (Amount(CONTROL_TOTAL.title, 1, 900),)
    assert "Run the same file again" not in " ".join((meaning_of(Status.NOT_SENT, run), *next_steps(run)))


def test_a_vendor_is_one_vendor_by_its_id() -> None:
    """Two spellings that were resolved to the same id are one line of the tie-out, under the first spelling."""
    at = factory.source()
    invoices = [factory.invoice(number=str(n), vendor="vend-1", at=at, first_row=2 + n, total=100) for n in range(2)]
    names = ["Acme Landscaping, LLC", "ACME LANDSCAPING"]
    spelt = [
        factory.with_cells(one, [(one.rows[0].cells[0], name, *one.rows[0].cells[2:])])
        for one, name in zip(invoices, names, strict=True)
    ]
    (party,) = tie_out(factory.run(*map(factory.outcome, spelt))).vendors
    assert (party.name, party.id, party.invoices, party.read) == ("Acme Landscaping, LLC", "vend-1", 2, 200)


def test_a_total_that_cannot_be_read_counts_with_its_lines() -> None:
    """Money that is named only by the lines is not lost from the sums."""
    read = factory.invoice(factory.line(1, 70), factory.line(1, 30), total=None)
    assert read.total is None
    assert sum((line.worth or Decimal() for line in read.lines), Decimal()) == 100
    assert tie_out(factory.run(factory.outcome(read, Status.NEEDS_FIXING))).read.cents == 100


def test_a_sheet_that_was_left_out_has_no_heading() -> None:
    """Its rows are all skipped, and none of them counts as a heading; a run told from the ledger has no rows at all."""
    hidden = Source("march.xlsx", "Hidden", 0, (), {})
    skipped = tuple(SkippedRow("march.xlsx", "Hidden", number, "hidden sheet", ("x",)) for number in (1, 2))
    invoice = factory.invoice()
    reading = factory.reading([invoice])
    run = factory.run(
        factory.outcome(invoice), of=replace(reading, tables=(Table(hidden, (), skipped), *reading.tables))
    )
    assert tie_out(run).rows == (
        RowCount("Headings", 1), RowCount("Rows of invoices", 1), RowCount("Left out: hidden sheet", 2),
    )  # fmt: skip
    assert [one.headings for one in RowOutcomes(run).layouts] == [factory.HEADINGS, ()]
    assert tie_out(factory.run(factory.outcome(invoice), of=replace(reading, tables=()))).rows == ()
