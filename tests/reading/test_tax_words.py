"""Headings of tax in other languages and with the rate behind: what is the tax, and what is merely without it."""

from __future__ import annotations

import tomllib

import pytest

from importer.errors import FileUnreadable
from importer.reading.columns.meaning import meaning_of
from importer.reading.profiles.propose import answered, propose_for
from importer.reading.profiles.vendor_profile import profile_text
from tests.reading.made_tables import (
    contents,
    money,
    sheet,
    vendor,
)

DUTCH = (
    ("Factuurnummer", "Factuurdatum", "Bedrag excl. btw", "BTW", "Bedrag incl. btw"),
    ("N1", "2026-01-15", "100,00", "21,00", "121,00"),
)
SPANISH = (
    ("Factura Nº", "Fecha Factura", "Base Imponible", "IVA 21%", "Total Factura"),
    ("E1", "2026-01-15", "100,00", "21,00", "121,00"),
    ("E2", "2026-01-16", "200,00", "42,00", "242,00"),
)


@pytest.mark.parametrize("heading", ["IVA 21%", "VAT @ 20%", "19% MwSt", "USt 19 %", "BTW (21%)", "Sales Tax (8.25%)"])
def test_a_tax_with_its_rate_is_a_tax(heading: str) -> None:
    """The rate says how much, and the cells are the amounts."""
    meaning = meaning_of(heading)
    assert meaning is not None
    assert meaning.field == "tax"


@pytest.mark.parametrize(
    "heading", ["Bedrag excl. btw", "Betrag zzgl. MwSt", "Beløp eks. mva", "Montant hors taxes", "Netto excl. 21% btw"]
)
def test_an_amount_without_tax_is_no_tax(heading: str) -> None:
    """As little as "Amount ex VAT" is one."""
    meaning = meaning_of(heading)
    assert meaning is not None
    assert meaning.field == "amount"


def test_a_rate_of_tax_is_no_amount_of_it() -> None:
    """Nobody is paid 8.25 dollars."""
    assert meaning_of("Tax %") is None
    assert meaning_of("Sales Tax Rate 8.25%") is None


@pytest.mark.parametrize("rows", [DUTCH, SPANISH])
def test_net_and_tax_and_gross_are_asked_about_in_any_language(rows: tuple[tuple[str, ...], ...]) -> None:
    """The three add up; how the tax is booked is said once, and no answer books the net amount beside itself."""
    with pytest.raises(FileUnreadable, match="are net, tax and gross"):
        vendor(*rows)
    table = contents(sheet(*rows))
    (ask,) = [ask for ask in propose_for(table).asks if ask.field == "tax"]
    made = answered(propose_for(table).profile, ask, "2200 Tax")
    said = {
        name: each for name, each in tomllib.loads(profile_text(made)).items() if name in ("columns", "extra_lines")
    }
    assert money(vendor(*rows, **said))[0] == (rows[1][0], 12100, [10000, 2100])
