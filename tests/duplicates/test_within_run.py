"""The same invoice in two files or on two sheets of one run."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.invoice import Invoice
from importer.domain.problem_catalog import MISSING_VALUE, REPEATED_INVOICE
from importer.domain.problems import Place, Problem
from importer.validation import Checked, validate
from tests.factory import invoice, line, reading, source
from tests.validation.judged import TODAY

MARCH = source("march.xlsx", "Sheet1")
EXTRA = source("extra.csv", None)


def judged(*invoices: Invoice) -> Sequence[Checked]:
    """All of them in one run."""
    return validate(reading(invoices), today=TODAY)


def goes(verdicts: Sequence[Checked]) -> list[bool]:
    """Which of them would be sent."""
    return [verdict.payload is not None for verdict in verdicts]


def test_the_very_same_goes_once_from_where_it_stands_first() -> None:
    """The second one is told where the first is."""
    verdicts = judged(invoice(line(), line(), at=MARCH), invoice(line(), line(), at=EXTRA, first_row=9))
    assert goes(verdicts) == [True, False]
    assert verdicts[0].problems == ()
    assert verdicts[1].problems == (
        Problem(
            REPEATED_INVOICE,
            "Invoice 'INV-1001' also stands in march.xlsx, sheet Sheet1, rows 2 and 3, with the same content.",
            Place("extra.csv", None, 9, "C"),
            "invoice_number",
            "INV-1001",
            "It goes once, from there; remove it here.",
        ),
    )


def test_of_two_that_differ_neither_goes() -> None:
    """Which one is right is for a person to say; each is told where the other is."""
    verdicts = judged(invoice(line(1, 500), at=MARCH), invoice(line(1, 600), at=EXTRA))
    assert goes(verdicts) == [False, False]
    advice = "Keep the right one, remove the other."
    assert [verdict.problems[0].message for verdict in verdicts] == [
        f"C2: Invoice 'INV-1001' also stands in extra.csv, row 2, with other content. {advice}",
        f"C2: Invoice 'INV-1001' also stands in march.xlsx, sheet Sheet1, row 2, with other content. {advice}",
    ]


def test_where_one_cannot_be_sent_the_other_does_not_go_either() -> None:
    """It may be the corrected copy, or the one that was corrected."""
    verdicts = judged(invoice(at=MARCH), invoice(memo=None, at=EXTRA))
    assert goes(verdicts) == [False, False]
    assert [[problem.kind for problem in verdict.problems] for verdict in verdicts] == [
        [REPEATED_INVOICE],
        [MISSING_VALUE, REPEATED_INVOICE],
    ]
    assert verdicts[0].problems[0].what == "Invoice 'INV-1001' also stands in extra.csv, row 2."


def test_three_copies_of_which_one_differs_all_stay() -> None:
    """The two that agree are told apart from the one that does not."""
    verdicts = judged(
        invoice(at=MARCH), invoice(at=EXTRA), invoice(memo="another", at=source("third.csv", None), first_row=5)
    )
    assert goes(verdicts) == [False, False, False]
    assert [verdict.problems[0].what.rsplit(", with ", 1)[1] for verdict in verdicts] == [
        "the same content.",
        "the same content.",
        "other content.",
    ]


def test_numbers_are_compared_without_case_and_spaces() -> None:
    """ "inv-1001 " is the vendor's INV-1001; but as they are spelt differently, neither goes by itself."""
    verdicts = judged(invoice(number="INV-1001", at=MARCH), invoice(number="inv-1001", at=EXTRA))
    assert goes(verdicts) == [False, False]


def test_the_same_number_elsewhere_is_another_invoice() -> None:
    """Another vendor, another property, or another account."""
    verdicts = judged(
        invoice(at=MARCH), invoice(vendor="vend-2", at=EXTRA), invoice(prop="prop-2", at=EXTRA, first_row=3)
    )
    assert goes(verdicts) == [True, True, True]


def test_without_its_vendor_an_invoice_is_nobodys_double() -> None:
    """Two bills number 1 with blank vendors may be from two vendors."""
    verdicts = judged(invoice(vendor=None, number="1", at=MARCH), invoice(vendor=None, number="1", at=EXTRA))
    assert [[problem.kind for problem in verdict.problems] for verdict in verdicts] == [[MISSING_VALUE]] * 2


def test_many_rows_are_named_as_ranges() -> None:
    """A sentence stays a sentence for an invoice of hundreds of lines."""
    lines = [line(1, 100)] * 4
    first = invoice(*lines, at=MARCH)
    rows = [row._replace(number=number) for row, number in zip(first.rows, (2, 3, 4, 9), strict=True)]
    spread = first._replace(rows=tuple(rows))
    far = [row._replace(number=number) for row, number in zip(first.rows * 3, range(2, 60, 5), strict=True)]
    scattered = first._replace(rows=tuple(far))
    assert "march.xlsx, sheet Sheet1, rows 2 to 4 and 9, with" in judged(spread, invoice(at=EXTRA))[1].problems[0].what
    said = judged(scattered, invoice(at=EXTRA))[1].problems[0].what
    assert "rows 2, 7, 12, 17, 22, 27 and more, with" in said
