"""Which column is which: many words for one thing, decoys left alone, and questions where it cannot be told."""

from __future__ import annotations

import pytest

from importer.domain.fields import COLUMNS
from importer.errors import FileUnreadable
from importer.reading.columns.meaning import AMOUNT, Confidence, meaning_of
from importer.reading.profiles.vendor_profile import parse_profile
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    PLAIN,
    contents,
    money,
    plain,
    row,
    said,
    sheet,
    vendor,
)

DATE = "2026-03-14"


WORDS = """
invoice_number: Invoice # | Invoice No. | INV NUMBER | *InvoiceNumber | Bill No. | invoice_no
invoice_number: Supplier Invoice Number | Tax Invoice No | GST Invoice Number | TaxInvoiceNumber
invoice_number: Rechnungsnummer | Rechnungs-Nr. | Número de factura | N° de facture | Numero fattura | Factuurnummer
invoice_number: Nº da fatura
invoice_date: Invoice Date (MM/DD/YYYY) | Bill Date [yyyy-mm-dd]
invoice_date: Invoice Date | Bill Date | Date | InvoiceDate | Date Issued | Rechnungsdatum | Fecha de factura
invoice_date: Date de facture | Belegdatum | Date of Invoice
invoice_number: Credit No | Credit Memo # | Credit Note No. | Our Invoice No | Invoice Reference
due_date: Due Date | Due | Payment Due Date | DueDate | Fälligkeitsdatum | Fecha de vencimiento
due_date: Date d'échéance | Vervaldatum | Due By | Due On
vendor_id: Vendor | Vendor ID | Supplier Code | Payee | Lieferant | Proveedor | Fournisseur
property_id: Property | Property Code | Building | Site Code | Community
financial_account_id: GL Account | G/L Account | GL Code | Account Code | Expense Code | Sachkonto | Nominal Code
financial_account_id: GL Acct #
quantity_ordered: Qty | Quantity | Qty. | Menge | Cantidad | Quantité | Hours | Units | Hours/Units
unit_price: Sales Price | Item Rate | Bill Rate | Hourly Rate
unit_price: Unit Price | Price | Price Each | Rate | Einzelpreis | Precio unitario | Prix unitaire | Unit Cost
unit_price: Price/Unit | Price per Unit
unit_price: *UnitAmount
line_amount: Line Amount | Line Total | Ext. Price | Extended Amount | Line Subtotal
line_amount: Invoice Line Value (net of VAT)
total_amount: Invoice Total | Total Amount | Invoice Amount | Grand Total | Amount Due | Gesamtbetrag
total_amount: Invoice Amt USD | Total Due ($) | Tax Invoice Total
amount: Amount | Total | Net | Montant HT | Betrag | Importe | Value | Total Cost (ex VAT) | Net Amount
amount: Amount in Sterling | Dollar Amount | Amount in $ | Total w/o VAT
amount: amount_excl_vat | total_tax_excl | TotalExclTax | Total (tax included) | Kwota netto
amount: Base imponible | Summe (exkl. MwSt)
invoice_number: Numer faktury | Fakturanummer
due_date: Termin płatności | Förfallodatum
vendor_id: Dostawca | Leverantör
tax: Moms
amount: Gross | Invoice Net Amount | Total (excludes VAT) | Nettobetrag | Invoiced Value | Amount (net of GST)
tax: VAT | Total Tax Amount | TotalTaxAmount | Invoice Tax Amount | Line Tax Amount | Invoice VAT | MwSt | MwSt-Betrag
item_notes: Description | Item Description | Line Description | Buchungstext | Beschreibung | Descripción
item_notes: Details
notes: Notes | Comments | Remarks | Invoice Notes | Bemerkung
"""
DECOYS = """
Customer No. | Customer Number | Account Number | PO Number | Purchase Order | Order No
Order Quantity | VAT Registration Number | Check Number | Status | Page | Line Number | Vendor Phone
Invoice Status | Discount % | Days Past Due | Outstanding | Balance | Paid | Property Manager
Invoice Line Number | Received By | Quantity Received | Tax ID | Vendor Tax ID | Remit To
Ship Date | Work Order | Invoice VAT Number | VAT % | Tax Rate | Discount Amount
Unit | Per | Per Unit | Unit Type | Price Unit | No. of Invoices | # of Invoices | Number of Bills | Total Invoices
Invoices | Original Invoice No | Reference Invoice | Invoice For | Bill By | Qty In | Qty Out | W/O Date | Your Account
Your Ref | Credit Date
"""
NEAR = ("Payment Date", "Paid Date", "Clearing Date", "Date Paid", "Vendor Name", "Customer Name", "Date In", "In Date")


@pytest.mark.parametrize("line", WORDS.strip().splitlines())
def test_many_words_for_one_thing(line: str) -> None:
    """Spellings, abbreviations and languages."""
    field, _, headings = line.partition(": ")
    for heading in headings.split(" | "):
        meaning = meaning_of(heading)
        assert meaning is not None, heading
        assert (heading, meaning.field) == (heading, field)
        assert meaning.surety >= Confidence.GENERAL


@pytest.mark.parametrize("line", DECOYS.strip().splitlines())
def test_decoys_have_no_meaning(line: str) -> None:
    """What sounds like a field and is none is never mapped."""
    for heading in line.split(" | "):
        meaning = meaning_of(heading)
        assert meaning is None or meaning.surety < Confidence.GENERAL, heading


@pytest.mark.parametrize("heading", NEAR)
def test_what_is_near_is_a_hint_and_no_field(heading: str) -> None:
    """A payment date may be named in a question, and is never a bill date by itself."""
    meaning = meaning_of(heading)
    assert meaning is not None
    assert meaning.field in ("unsure_date", "name")


def test_the_table_of_columns_means_what_it_says() -> None:
    """Every name, heading and spelling of the plain layout leads to its own field, or is an amount to be settled."""
    for column in COLUMNS:
        for heading in (column.name, column.heading, *column.spellings):
            meaning = meaning_of(heading)
            assert meaning is not None, heading
            assert meaning.field in (column.name, AMOUNT), heading


def test_two_columns_for_one_field_are_asked_about_with_the_line_that_settles_it() -> None:
    """Both are named, and so is the profile's line."""
    rows = (("Invoice No", "Bill No", "Date", "Total Due"), ("A", "B", DATE, "1"), ("C", "D", DATE, "1"))
    with pytest.raises(FileUnreadable) as caught:
        vendor(*rows)
    assert "more than one column for Invoice #: 'Invoice No' (A), 'Bill No' (B)" in str(caught.value)
    assert '[columns] invoice_number = "Invoice No"' in str(caught.value)
    settled = vendor(*rows, columns={"invoice_number": "Bill No"})
    assert [each.invoice_number for each in settled.invoices] == ["B", "D"]


def test_a_copy_and_a_blank_column_are_no_question() -> None:
    """Repeated headings matter only where their cells differ."""
    rows = (("Invoice No", "Invoice No", "Bill No", "Date", "Total Due"), ("A", "A", "", DATE, "1"))
    assert [each.invoice_number for each in vendor(*rows).invoices] == ["A"]


def test_a_general_word_is_believed_only_where_its_cells_fit() -> None:
    """ "Rate" with words below is no price, and "Unit" no quantity."""
    some = [(f"A{n}", DATE, "standard", "each", "1") for n in range(4)]
    rows = [("Invoice #", "Date", "Rate", "Unit", "Total Due"), *some]
    assert {"unit_price", "quantity_ordered"}.isdisjoint(vendor(*rows).tables[0].source.columns)


def test_a_document_number_is_taken_where_nothing_is_better_and_said() -> None:
    """By its cells: filled, and different."""
    rows = [("Document No", "Date", "Total Due"), *[(f"D{n}", DATE, "1") for n in range(5)]]
    reading = vendor(*rows)
    assert [each.invoice_number for each in reading.invoices][:2] == ["D0", "D1"]
    assert ("taken-for", "A1") in said(reading)
    better = vendor(("Document No", "Invoice No", "Date", "Total Due"), ("X", "A", DATE, "1"))
    assert better.invoices[0].invoice_number == "A"
    repeated = [("Document No", "Date", "Total Due"), *[("same", DATE, "1") for _ in range(5)]]
    with pytest.raises(FileUnreadable, match=r"'Document No' \(A\) may be meant for Invoice #"):
        vendor(*repeated)


def test_everything_that_is_missing_is_said_at_once_with_the_way_out() -> None:
    """One look: the columns that lack, those considered, and the command that asks for them."""
    with pytest.raises(FileUnreadable) as caught:
        plain(("A", "Greenleaf", DATE, "1"), headings=("Invoice #", "Vendor Name", "Paid Date", "Total Due"))
    message = str(caught.value)
    for expected in (
        "lacks the columns Property, Bill Date, Due Date, Notes, Memo and GL Account. The headings (row 1) are",
        "'Paid Date' (C) may be meant for Bill Date or Due Date,",
        "Run: invoice-importer profile new march.csv (it asks what is not said), or add",
    ):
        assert expected in message


def test_unused_columns_are_listed_once() -> None:
    """A warning, with their letters."""
    reading = plain((*row(), "x", "y"), headings=(*PLAIN, "PO", "Status"))
    assert [problem.what for problem in reading.problems] == ["Not used: 'PO' (L), 'Status' (M)."]


@pytest.mark.parametrize("lacking", PLAIN)
def test_no_required_column_of_the_plain_layout_may_be_missing(lacking: str) -> None:
    """Each is named; only the total may be what the lines come to, and that is said."""
    rest = [name for name in PLAIN if name != lacking]
    cells = [cell for name, cell in zip(PLAIN, row(), strict=True) if name != lacking]
    if lacking == "total_amount":
        assert "no column gives the invoice total" in plain(cells, headings=rest).notices[0]
        return
    with pytest.raises(FileUnreadable, match=lacking):
        plain(cells, headings=rest)


@pytest.mark.parametrize(
    "heading", ["total_amount_eur", "Total Amount (EUR)", "Total Amount in Euros", "€ Total Amount"]
)
def test_a_heading_that_names_another_currency_is_believed_however_it_is_written(heading: str) -> None:
    """Euros paid as dollars would be a wrong amount that nothing shows."""
    reading = vendor(("Invoice #", "Date", heading), ("A", DATE, "10.00"))
    assert [code for code, _ in said(reading)] == ["other-currency"]


def test_an_amount_in_the_accounts_currency_is_taken_although_the_invoice_was_in_another() -> None:
    """A currency column speaks of the amount whose heading names none."""
    rows = (("Invoice #", "Date", "Amount", "Currency", "amount_usd"), ("A", DATE, "830.00", "INR", "10.00"))
    reading = vendor(*rows, columns={"total_amount": "amount_usd"})
    assert money(reading) == [("A", 1000, [1000])]
    assert [code for code, _ in said(reading)] == ["unknown-column"]
    assert said(vendor(*rows, columns={"total_amount": "Amount"}))[0] == ("other-currency", "D2")


def test_an_item_beside_its_description_is_no_question() -> None:
    """Bookkeeping programs export both; the description goes to the line's notes."""
    reading = vendor(("Invoice #", "Date", "Item", "Description", "Amount"), ("A", DATE, "M-1", "mowing", "10.00"))
    assert reading.invoices[0].lines[0].notes == "mowing"


def test_a_credit_has_its_own_number_and_not_that_of_the_bill_it_is_for() -> None:
    """Taken for the invoice's number, the original bill would be posted a second time."""
    rows = (
        ("Credit No", "Original Invoice No", "Date", "Amount"),
        ("C1", "A77", DATE, "-5"),
        ("C2", "A78", DATE, "-6"),
    )
    assert [each.invoice_number for each in vendor(*rows).invoices] == ["C1", "C2"]


def test_how_many_invoices_there_are_is_no_number_and_a_return_no_bill_date() -> None:
    """A small word of the heading says something else, and the column is asked for."""
    with pytest.raises(FileUnreadable, match="lacks the column Invoice #"):
        vendor(("No. of Invoices", "Date", "Total"), ("12", DATE, "5.00"), ("15", DATE, "6.00"))
    with pytest.raises(FileUnreadable, match=r"'Date In' \(C\) may be meant for Bill Date"):
        vendor(("Invoice #", "Date Out", "Date In", "Amount"), ("A", DATE, "2026-03-20", "5.00"))


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Vendor Name", "vendor_id"),
        ("Supplier Name", "vendor_id"),
        ("Payee Name", "vendor_id"),
        ("Property Name", "property_id"),
        ("Community/Building Name", "property_id"),
    ],
)
def test_a_column_of_names_is_taken_where_none_is_better(heading: str, field: str) -> None:
    """Names are looked up like ids. Beside a column of ids, or a profile that says one for all, it is none."""
    given = {"property_id": "prop-1", "vendor_id": "vend-1", "financial_account_id": "finacct-1", "memo": "m"}
    said_elsewhere = {name: text for name, text in given.items() if name != field} | {
        "notes": "n",
        "due_date": "{invoice_date}",
    }
    made = parse_profile({"defaults": said_elsewhere}, "names")
    rows = (("Invoice #", "Date", heading, "Total Due"), ("A", DATE, "Oak Court", "1"), ("B", DATE, "Elm", "1"))
    reading = read_contents([contents(sheet(*rows))], integration_id="intg-1", profile=made)
    assert [getattr(each, field) for each in reading.invoices] == ["Oak Court", "Elm"]
    better = heading.replace("Name", "ID")
    both = [(*row, each) for row, each in zip(rows, (better, "x-1", "x-2"), strict=True)]
    reading = read_contents([contents(sheet(*both))], integration_id="intg-1", profile=made)
    assert [getattr(each, field) for each in reading.invoices] == ["x-1", "x-2"]
    assert getattr(vendor(*both[:2]).invoices[0], field) in ("x-1", given[field])


def test_two_columns_of_names_are_asked_about() -> None:
    """The payee may be another than the vendor."""
    made = parse_profile(
        {"defaults": {"property_id": "p", "financial_account_id": "f", "notes": "n", "memo": "m"}}, "n"
    )
    rows = (
        ("Invoice #", "Date", "Due Date", "Vendor Name", "Payee Name", "Total Due"),
        ("A", DATE, DATE, "x", "y", "1"),
    )
    with pytest.raises(FileUnreadable, match=r"'Vendor Name' \(D\), 'Payee Name' \(E\) may be meant for Vendor"):
        read_contents([contents(sheet(*rows))], integration_id="intg-1", profile=made)
