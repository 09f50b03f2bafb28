"""What headings mean: the words that vendors use, in several languages, and how surely each names a field.

A heading is cut into words, each word is put into one language ("Rechnungs-Nr." is "invoice number"), and the
set of words is looked up. What is not listed has no meaning here: a near miss is never mapped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from importer.domain.cells import Cell
from importer.domain.fields import COLUMNS
from importer.reading.cells.parse_money import (
    CODES,
    CURRENCY_NAMES,
    ISO,
    SYMBOLS,
    WORDS_TOO,
    currency_code,
)
from importer.reading.columns.headings import display_heading, normalised


class Confidence(IntEnum):
    """How surely a heading names its field. The surest column wins; two of the same surety need evidence."""

    HINT = 1  # taken only where nothing better is there and its cells fit, and then said
    GENERAL = 2  # "Date", "Vendor"
    CLEAR = 3  # "Invoice Date", "Vendor ID"
    EXACT = 4  # the API's own name, as a machine writes it


@dataclass(frozen=True, slots=True)
class HeadingMeaning:
    """What a heading says its column is. `part` counts repeated groups ("Qty 2"); `currency` is one it names."""

    field: str
    surety: Confidence
    part: int | None = None
    currency: str | None = None


AMOUNT = "amount"  # an amount of which the heading does not say whether it is the line's or the invoice's
OTHERS = ("currency", "type", "tax", "debit", "credit", "terms", "unsure_date", "name", "cancelled")
"""Meanings that are no field of the API, and are of use all the same."""

_WORDS = """
invoice: inv invoices bill bills rechnung rechnungs re factura facturas facture fattura fatura faktura factuur cbte cbt
invoice: comprobante faktury faktur
number: no nr num nbr nummer numero numéro nro nmbr nos numer
date: datum fecha data dt dated
issued: issue issuing emision emission emissione ausstellungsdatum wystawienia
due: vencimiento vencimento echeance scadenza fallig faellig venc
vendor: supplier suppliers vendors payee merchant creditor proveedor fournisseur fornitore fornecedor leverancier
vendor: lieferant kreditor dostawca sprzedawca leverantor leverandor leverandør
customer: client cust kunde cliente kunden klant buyer
amount: amt amounts importe imp monto montant importo betrag bedrag valor kwota belopp beløp beløb
total: totals totale totaal summe gesamt tot
value: wert
quantity: qty quant cantidad quantite quantita quantidade menge anzahl aantal hours hrs ilosc antal
price: preis precio prix prezzo preco prijs
unit: per each unitaire unitario stuk units
discount: disc
line: item lineitem position zeile ligne
extended: ext extension
net: netto nett ht imponibile imponible neto
gross: brutto ttc bruto
tax: vat gst hst mwst ust iva tva btw steuer taxes moms mva mehrwertsteuer umsatzsteuer taxe impuesto impuestos
description: desc descr descripcion descrizione descricao beschreibung bezeichnung omschrijving buchungstext
description: designation libelle particulars narrative details detail
notes: note comment comments remark remarks notas note bemerkung notiz observaciones observacoes remarques
notes: opmerkingen
account: acct konto cuenta compte conto conta acc
gl: ledger nominal sachkonto grootboekrekening
code: cd
property: site building community complex objekt propiedad immeuble
post: posting posted booking booked gl_period
accounting: bookkeeping
currency: ccy curr devise wahrung waehrung moneda moeda valuta wkz waluta
document: doc beleg documento
reference: ref reference referencia
transaction: trans txn tran
payment: pay paid pago paiement zahlung
invoice number: rechnungsnummer rechnungsnr fakturanummer factuurnummer invno invnum rgnr belegnummer belegnr
invoice date: rechnungsdatum fakturadatum fakturadato factuurdatum belegdatum invdate
due date: falligkeitsdatum faelligkeitsdatum falligkeit vervaldatum duedate forfallodatum forfallsdato forfaldsdato
vendor number: lieferantennummer
customer number: kundennummer
unit price: einzelpreis stuckpreis stuksprijs eenheidsprijs unitprice
total amount: gesamtbetrag rechnungsbetrag
amount: umsatz
net amount: nettobetrag
gross amount: bruttobetrag
tax amount: mwstbetrag ustbetrag steuerbetrag
"""

_SYNONYMS: dict[str, tuple[str, ...]] = {
    word: tuple(meaning.split())
    for meaning, _, words in (line.partition(":") for line in _WORDS.strip().splitlines())
    for word in words.split()
}
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "the of for on by in and your our a an de del la le du des da do di il el der die das "
        "ex excl excluding incl including inc charged s d l",
    )
)
_PARTIES = frozenset({"vendor", "customer", "commercial", "original", "external", "credit", "notes"})

_PHRASES = """
invoice_number 3: invoice number | number invoice | vendor reference | vendor invoice | bill number
invoice_number 3: invoice reference
invoice_number 2: invoice | belegfeld 1 | credit number | credit memo number | credit notes number
invoice_number 1: document number | transaction number | voucher number | document | voucher | invoice id
invoice_number 1: reference | reference number
invoice_date 3: invoice date | issued date | date issued | bill date | date invoiced | date billed
invoice_date 2: date | issued
invoice_date 1: document date | service date
due_date 3: due date | date due | payment due | payment due date | due | invoice due date | due on
due_date 3: termin płatnosci
accounting_date 3: accounting date | post date | gl date | period date | invoice gl date
vendor_id 3: vendor id | vendor number | vendor code
vendor_id 2: vendor
property_id 3: property id | property code | property number | site code | site id
property_id 2: property
name 2: vendor name | name vendor | property name | account name | customer name
integration_id 3: integration id
integration_id 2: integration
notes 3: notes invoice | invoice notes | public notes
notes 2: notes
memo 3: memo | invoice memo
memo 2: invoice description
total_amount 3: invoice total | invoice amount | total amount | grand total | total invoice amount
total_amount 3: invoice total amount | invoice value
total_amount 2: amount due | total due | balance due | amount payable | total payable
financial_account_id 3: gl account | gl code | gl | account code | gl account code | gl account number
financial_account_id 3: financial account | expense account | expense code | gl account id | financial account id
financial_account_id 3: gl number
financial_account_id 2: account | account id | cost element | expense account code | cost code | expenditure code
quantity_ordered 3: quantity | line quantity | quantity ordered | quantity invoice | quantity invoiced
quantity_ordered 3: quantity billed
quantity_ordered 2: quantity unit
quantity_ordered 1: unit
unit_price 3: unit price | price unit | unit cost | line cost | line price | unit amount | unit rate
unit_price 3: price per unit | cost unit | price
unit_price 2: rate | cost | sales price | selling price | line rate | invoice rate | hourly rate
unit_price_in_cents 3: price cents | unit price cents | unit cost cents | rate cents | price unit cents | cost cents
total_amount_in_cents 3: total amount cents | invoice total cents | invoice amount cents | total due cents
total_amount_in_cents 3: amount due cents | total cents | grand total cents
line_amount 3: line amount | line total | extended amount | extended price | extended | line subtotal
line_amount 3: line total amount | extended total | amount line | line net amount | extended cost | line value
line_amount 3: invoice line amount | invoice line total | invoice line value | invoice line net amount
amount 2: amount | total | value | net | gross | net amount | gross amount | amount net | amount gross | total cost
amount 2: total charge | total net | total gross | subtotal | sub total | transaction amount | charge | total value
amount 2: amount local currency | amount document currency | amount company code currency
amount 2: net value | gross value | total price | total net amount | net total | gross total
amount 2: invoice net | invoice gross | invoice net amount | invoice gross amount | amount invoiced
amount 2: base net | document total | voucher total
amount 2: spend | spend amount | amount spend | total spend
amount 2: value invoiced | total invoiced | amount billed | total billed
item_notes 3: line description | line notes | description line | description goods services | description services
item_notes 3: service description | description
item_notes 3: service performed | services performed | work performed | work description | service provided
item_notes 3: services provided | services rendered | job description
item_notes 2: line | line name | service | line product | memo line
currency 2: currency | currency code | currency id
type 2: type | document type | transaction type | invoice type | debit credit | credit debit | dr cr | cr dr
type 2: credit memo
tax 2: tax | tax amount | sales tax | sales tax amount | amount tax | tax total | total tax amount | line tax
tax 2: invoice tax | invoice tax amount | invoice tax total | line tax amount | invoice line tax amount
debit 2: debit | debit amount | dr
credit 2: credit | credit amount | cr
terms 2: terms | payment terms
unsure_date 2: posting | clearing date | payment date | date payment | transaction date | period | entry date
unsure_date 2: invoice payment date
cancelled 2: cancelled | void | voided
"""

_MEANINGS: dict[frozenset[str], HeadingMeaning] = {
    frozenset(phrase.split()): HeadingMeaning(field, Confidence(int(surety)))
    for field, surety, phrases in re.findall(r"^(\w+) (\d): (.+)$", _PHRASES, re.MULTILINE)
    for phrase in phrases.split(" | ")
}


def _marks_spelled(heading: str) -> str:
    spelled_out = heading.replace("#", " number ").replace("№", " number ").replace("n°", "no").replace("N°", "No")
    return spelled_out.replace("%", " percent ").replace("¢", " cents ").replace("MwSt", "Mwst")


_EXACT = {column.name: column.name for column in COLUMNS}
_PLAIN: dict[str, HeadingMeaning] = {
    normalised(_marks_spelled(spelling)): HeadingMeaning(
        column.name, Confidence.CLEAR if len(spelling.split()) > 1 else Confidence.GENERAL
    )
    for column in COLUMNS
    for spelling in (*column.spellings, column.heading, column.name.replace("_", " "))
    if normalised(spelling) not in {"amount", "total", "invoiceid", "accountcode", "hours", "units"}
}
_PLAIN["num"] = HeadingMeaning("invoice_number", Confidence.HINT)  # as QuickBooks calls it
_PLAIN["units"] = HeadingMeaning(
    "quantity_ordered", Confidence.GENERAL
)  # one unit may be the apartment, and what a price is per
_PLAIN |= dict.fromkeys(
    ("sh", "sollhaben", "sollhabenkennzeichen", "debkred"), HeadingMeaning("type", Confidence.GENERAL)
)  # DATEV's
_TAX_REMARK = re.compile(
    r"\b(?:exc?|excl|exclud(?:ing|es|ed|e)|incl|includ(?:ing|es|ed|e)|inc|[ei][nx]kl(?:usive)?|eks|zzgl|hors|sin|con"
    r"|before|after|without|w/o|net of)\b\.? ?(?:of )?"
    r"(?:vat|tax|taxes|gst|hst|mwst|ust|steuer|iva|tva|btw|moms|mva|mehrwertsteuer|umsatzsteuer|taxe|impuestos)\b"
    r"|\b(?:vat|tax|gst|hst|mwst|ust|iva|tva|btw|moms|mva) ?(?:exc|inc)l?(?:usive|uding|uded|udes|uido)?\b",
    re.IGNORECASE,
)
_TAX_RATE = re.compile(r" *@? *\(?\b\d{1,2}(?:[.,]\d{1,3})? *percent *\)? *")  # of "IVA 21%", "netto excl. 21% btw"
_TAX_INVOICE = re.compile(r"\b(?:tax|vat|gst)[ _-]?(?=invoice)", re.IGNORECASE)  # a kind of document, no tax
_COUNTED = re.compile(r"(?:no|nos|nr|num|number|count)\W*of\b|.*\b(?:invoices|bills)\b")
_UNFINISHED = re.compile(r".*(?<!due )(?<!pay )(?<!payable )\b(?:in|out|by|for|of)[.:]?$|(?:in|out)\b")
"""Where a small word at the end says something else: "Date In", "Invoice For"."""
_OTHER_BILL = re.compile(r".*\boriginal\b|ref(?:erence)?\b\.?\s*(?:to\s+)?(?:inv|invoice|bill)\b")
_YOURS = re.compile(r"your\b")
_DATES = ("invoice_date", "due_date", "accounting_date")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z])")
_PART = re.compile(r"(.*?[^\W\d])[\s_.#-]*(\d{1,2})[\s_.)\]]*([^\W\d].*)?$")
_PER = re.compile(r"(?:\bper|/|\bà)\s*$", re.IGNORECASE)  # "Price per 10" is no tenth price
_PART_FIRST = re.compile(r"(\d{1,2})[\s_.-]+([^\W\d].*)$")
_LINE_FIELDS = frozenset(
    {"financial_account_id", "quantity_ordered", "unit_price", "line_amount", "item_notes", AMOUNT}
)


REMEMBERED = 40_000
"""Headings that are kept in mind: more than two of the widest sheets have, since each is asked about over and over."""


def _apart(heading: str) -> str:
    return _CAMEL.sub(" ", _marks_spelled(heading)).replace("_", " ")


@lru_cache(maxsize=REMEMBERED)
def words_of(heading: str) -> frozenset[str]:
    """The heading's words in the vocabulary's own language, without fillers, currencies and marks."""
    apart = _apart(heading)
    spaced = _TAX_INVOICE.sub(" ", _TAX_REMARK.sub(" ", _TAX_RATE.sub(" ", apart)))
    plain = unicodedata.normalize("NFKD", spaced).casefold()
    found: list[str] = []
    for word in re.findall(r"[^\W\d_]+|\d+", "".join(mark for mark in plain if not unicodedata.combining(mark))):
        if word not in _FILLERS and word.upper() not in CODES and word.upper() not in CURRENCY_NAMES:
            found.extend(_SYNONYMS.get(word, (word,)))
    return frozenset(found)


_MONEY_WORD = re.compile(r"[A-Z]{1,3}\$|[A-Za-z\u010c\u010d\u0141\u0142]+\.?|[^\w\s]")
_LETTERS = frozenset(("RM", "KR", "RS", "RP", "K\u010c", "Z\u0141", "SFR", "KSH"))
"""Signs that are mere letters: in a heading they are signs where nothing else gives it a meaning."""


def _currency_words(heading: str) -> list[tuple[str, str]]:
    """The words of a heading that name a currency, each with its code."""
    found: list[tuple[str, str]] = []
    shouted = heading.isupper()
    for word in map(str, _MONEY_WORD.findall(_CAMEL.sub(" ", heading).replace("_", " "))):
        code, plain = word.upper().rstrip("."), word.rstrip(".")
        if code in CURRENCY_NAMES or code in CODES:
            is_code = plain.isupper() or code not in WORDS_TOO
        elif code in _LETTERS:
            is_code = plain.isupper() or len(plain) > 2 or code in ("KR", "K\u010c", "Z\u0141")
        else:
            is_code = (code in ISO and plain.isupper() and not shouted) or (not word.isalpha() and code in SYMBOLS)
        if is_code and (known := currency_code(code) or currency_code(word)) is not None:
            found.append((word, known))
    return found


def heading_currency(heading: str) -> str | None:
    """The currency that a heading names: "Amount (£)", "Total EUR", "amount_myr", "Amount (R$)". Of mere letters that
    may be something else it is asked only where they stand beside an amount."""
    return next((code for _, code in _currency_words(heading)), None)


@lru_cache(maxsize=REMEMBERED)
def _meaning(heading: str) -> HeadingMeaning | None:
    exact = _EXACT.get(heading.casefold())
    if exact is not None:
        return HeadingMeaning(exact, Confidence.EXACT)
    currency = heading_currency(heading)
    found = _PLAIN.get(normalised(_marks_spelled(heading))) or _by_words(words_of(heading))
    if found is None and currency is not None:
        found = _in_currency(heading)
    if found is not None:
        doubted = _doubted(heading, found)
        return None if doubted is None else replace(doubted, currency=currency)
    repeated = _PART.fullmatch(heading)
    if repeated is not None and not _PER.search(repeated[1]):
        base, part = f"{repeated[1]} {repeated[3] or ''}".strip(), int(repeated[2])
    elif (repeated := _PART_FIRST.fullmatch(heading)) is not None:
        base, part = repeated[2], int(repeated[1])
    else:
        return None
    found = _PLAIN.get(normalised(_marks_spelled(base))) or _by_words(words_of(base))
    if found is None or found.field not in _LINE_FIELDS or found.surety == Confidence.HINT:
        return None
    return HeadingMeaning("line_amount" if found.field == AMOUNT else found.field, found.surety, part, currency)


_IN_MONEY = frozenset(("total_amount", "line_amount", "unit_price", AMOUNT, "tax", "debit", "credit"))


def _in_currency(heading: str) -> HeadingMeaning | None:
    """What a heading means without the words that say its currency, where that is an amount: "Amount RM"."""
    rest = _CAMEL.sub(" ", heading).replace("_", " ")
    for word, _ in _currency_words(heading):
        rest = rest.replace(word, " ", 1)
    found = _PLAIN.get(normalised(_marks_spelled(rest))) or _by_words(words_of(rest))
    return found if found is not None and found.field in _IN_MONEY else None


def _doubted(heading: str, found: HeadingMeaning) -> HeadingMeaning | None:
    """What is left of a meaning where the small words of the heading say something else."""
    said = " ".join(_apart(heading).casefold().split())
    if found.field in ("invoice_number", "total_amount") and _COUNTED.match(said):
        may_be = found.field == "invoice_number" and (said in ("invoices", "bills") or not said.endswith("s"))
        return HeadingMeaning(found.field, Confidence.HINT) if may_be else None  # "No. of Invoices", "Total Invoices"
    if _UNFINISHED.match(said):
        return HeadingMeaning("unsure_date", Confidence.GENERAL) if found.field in _DATES else None
    if found.field in ("invoice_number", "invoice_date") and _OTHER_BILL.match(said):
        return HeadingMeaning(found.field, Confidence.HINT)  # of the bill that a credit is for
    if _YOURS.match(said) and found.field in ("financial_account_id", "invoice_number") and "invoice" not in said:
        return None  # what the vendor calls its customer
    if found.field == "unit_price" and said in ("price unit", "price units"):
        return HeadingMeaning(found.field, Confidence.HINT)  # of how many the price is
    return found


def _by_words(words: frozenset[str]) -> HeadingMeaning | None:
    found = _MEANINGS.get(words)
    if found is None and words & _PARTIES:
        found = _MEANINGS.get(words - _PARTIES)
        if found is not None and (found.surety < Confidence.CLEAR or found.field in ("item_notes", "notes")):
            return None  # "Customer No." names a customer, not an invoice
    return found


_DAY_FORMAT = re.compile(r"[([]\s*(?:[dmy]{1,4}[-/. ]){2}[dmy]{2,4}\s*[)\]]", re.IGNORECASE)
"""How the cells below are written: "(MM/DD/YYYY)" says nothing of what they are."""


def meaning_of(heading: Cell) -> HeadingMeaning | None:
    """What the heading says its column is; None where the vocabulary does not know it."""
    text = display_heading(heading)
    return _meaning(_DAY_FORMAT.sub("", text).strip() or text) if 0 < len(text) < 80 else None
