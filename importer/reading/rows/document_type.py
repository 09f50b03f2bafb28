"""Words of a type column: which of them make a row a credit, which a payment, and which an ordinary invoice."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from importer.reading.columns.headings import normalised
from importer.reading.columns.meaning import words_of

_CREDITS = frozenset(
    re.findall(
        r"\w+",
        "credit credits cr cre cred crn cm cn ccn crm rtn creditmemo creditnote creditinvoice refund return returned "
        "rebate "
        "gutschrift rechnungskorrektur storno kredit krediet creditnota avoir notedecredit notadecredito notacredito "
        "notadecrédito notadicredito abono bonifico kreditnota kreditnote",
    )
)
_INVOICES = frozenset(
    re.findall(
        r"\w+",
        "invoice invoices inv bill bills in i d dr db deb debet debit debits debitmemo debitnote charge charges "
        "purchase standard "
        "regular original rechnung factura facture fattura fatura faktura factuur vendorbill vendorinvoice "
        "purchaseinvoice item items line lines service services product products goods material materials labor labour "
        "hours expense expenses recurring utility utilities tax freight shipping fee fees revenue capital capex opex "
        "operating rent contract maintenance repair repairs subscription onetime monthly weekly annual inventory "
        "supplies fc financecharge financecharges latefee latecharge",
    )
)
_IN_A_PHRASE = frozenset({"credit", "credits", "creditmemo", "creditnote", "refund", "krediet", "gutschrift", "avoir"})
_NO_CREDIT = frozenset(
    (
        *("card", "cards", "debit", "not", "no", "check", "checks", "report", "fee", "fees", "limit", "line", "union"),
        *("application", "applications", "processing", "terms", "hold", "rating", "score", "bureau", "screening"),
    )
)  # "Credit card", "Debit/Credit", "Credit check" are no credits
_PAYMENTS = frozenset(
    re.findall(r"\w+", "payment payments pmt pmts pymt pymnt zahlung zahlungseingang paiement pago pagamento betaling")
)
_OF_A_PAYMENT = _PAYMENTS | set(
    re.findall(
        r"\w+",
        "bill vendor customer received recd rec applied on account thank you thanks check cheque ach eft wire cash "
        "credit card auto autopay automatic online your for",
    )
)
_TYPE_HEADINGS = frozenset(
    ("type", "kind", "activity", "transaction", "trx", "entry", "record", "belegart", "buchungsart", "art", "tipo")
)
_NO_TYPE_HEADINGS = frozenset(
    (
        *("payment", "method", "tender", "card", "account", "tax", "terms", "bank", "customer", "reason", "country"),
        *("state", "rep", "initials", "by", "user", "unit", "uom", "currency", "score", "limit", "property", "vendor"),
        *("trip", "ship", "shipping", "route", "carrier", "person", "tech", "technician", "contact", "buyer"),
    )
)
_FLAG_HEADINGS = frozenset(
    ("credit", "credits", "cr", "cm", "refund", "refunded", "return", "returned", "kredit", "gutschrift", "avoir")
)
_OF_A_FLAG = _FLAG_HEADINGS | {"is", "flag", "indicator", "ind", "memo", "notes", "yn", "y", "n", "mark", "marker"}
_SIGN_HEADINGS = frozenset(("sign", "vorzeichen", "signo", "signe", "segno", "plusminus"))
_SIDES = frozenset(("dc", "cd", "drcr", "crdr", "debitcredit", "creditdebit", "dcindicator", "debitcreditindicator"))
_DEBIT_SIDE = frozenset(("db", "dr", "deb", "debit", "debet"))
_CREDIT_SIDE = frozenset(("cr", "cre", "cred", "credit", "crn"))
MINUS = frozenset(("-", "\u2212", "\u2013", "minus", "neg", "negative"))
_PLUS = frozenset(("+", "plus", "pos", "positive"))
YES = frozenset(("yes", "y", "true", "x", "1", "v", "t", "\u2713", "\u2714", "si", "sí", "ja", "oui", "wahr", "vrai"))
NO = frozenset(("no", "n", "false", "0", "f", "nein", "non", "nee", "", "-", "n/a", "falsch", "faux"))


@lru_cache(maxsize=4096)
def is_credit(text: str) -> bool:
    """True for "Credit", "CR", "Vendor Credit", "Credit Adjustment": any phrase with a word for a credit in it."""
    if normalised(text) in _CREDITS:
        return True
    words = {normalised(word) for word in text.replace("-", " ").replace("/", " ").split()}
    return bool(_IN_A_PHRASE & words) and not _NO_CREDIT & words


@lru_cache(maxsize=4096)
def is_payment(text: str) -> bool:
    """True for "Payment", "PMT", "Bill Pmt -Check", "Payment received - thank you", and not for "Payment fee"."""
    words = {normalised(word) for word in re.findall(r"[^\W\d_]+", text)}
    return bool(_PAYMENTS & words) and words <= _OF_A_PAYMENT


@lru_cache(maxsize=4096)
def is_known_type(text: str) -> bool:
    """True for a word whose meaning is beyond doubt, and for none at all."""
    word = normalised(text)
    return (
        not word
        or word in _INVOICES
        or is_credit(text)
        or is_payment(text)
        or all(normalised(each) in _INVOICES for each in text.split())
    )


def credits_among(heading: str, texts: Collection[str]) -> frozenset[str]:
    """Which of the different texts of a type column make a row a credit."""
    if _is_flag(heading, texts):
        return frozenset(text for text in texts if text.casefold() in YES or is_credit(text))
    if _is_sign(heading, texts):
        return frozenset(text for text in texts if text.casefold() in MINUS)
    more = {"C", "c"} if normalised(heading) in _SIDES else frozenset[str]()
    return frozenset(text for text in texts if is_credit(text) or text in more)


def unknown_among(heading: str, texts: Collection[str]) -> list[str]:
    """The texts of a type column that say neither bill nor credit, nor payment beside them."""
    if _is_flag(heading, texts) or _is_sign(heading, texts):
        return []
    more = {"C", "c"} if normalised(heading) in _SIDES else frozenset[str]()
    paid = payments_among(texts)
    known = [text for text in texts if text in more or text in paid or (is_known_type(text) and not is_payment(text))]
    return [text for text in texts if text not in known]


def payments_among(texts: Collection[str]) -> frozenset[str]:
    """Which of them say that the row is a payment, where others are bills or credits: of mere payments it is a list."""
    paid = frozenset(filter(is_payment, texts))
    return paid if any(text and not is_payment(text) and is_known_type(text) for text in texts) else frozenset()


def tells_type(heading: str, texts: Collection[str], *, may_be: bool = False) -> bool:
    """Whether a column that is nothing else tells credits and payments from bills, by all its different cells.

    With `may_be`, whether it may, by its first ones.
    """
    said = {text for text in texts if text}
    words = words_of(heading)
    if _is_flag(heading, texts) or _is_sign(heading, texts) or normalised(heading) in _SIDES or _is_sides(texts):
        return may_be or bool(credits_among(heading, said))
    if len(said) > 50 or words & _NO_TYPE_HEADINGS:
        return False
    known = [text for text in said if is_known_type(text)]
    if words & _TYPE_HEADINGS:
        is_type = len(known) * 2 >= len(said)  # the others are named
    else:
        is_type = len(known) == len(said) and any(len(normalised(each)) > 2 for each in known)  # "CN" may be a country
    if may_be or not is_type:
        return is_type or (may_be and not said)
    return any(is_credit(text) for text in known) or bool(payments_among(said))


def _is_sides(texts: Collection[str]) -> bool:
    """DB and CR in cells of their own, whatever their heading."""
    said = {text.casefold().rstrip(".") for text in texts if text}
    return said <= _DEBIT_SIDE | _CREDIT_SIDE and bool(said & _DEBIT_SIDE) and bool(said & _CREDIT_SIDE)


def _is_flag(heading: str, texts: Collection[str]) -> bool:
    """ "Is Credit" with Yes and No, "Cr" with Y or nothing."""
    words = {normalised(word) for word in re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading))}
    if not words & _FLAG_HEADINGS or not words <= _OF_A_FLAG:
        return False
    said = {text.casefold() for text in texts}
    is_number = said <= {"", "0", "1"} and not words - _FLAG_HEADINGS  # "Credit" of one dollar
    return said <= YES | NO | {"cr", "credit", "cm"} and not is_number


def _is_sign(heading: str, texts: Collection[str]) -> bool:
    """ "+" and "-" in cells of their own; a mere "-" says nothing, unless the heading is "Sign"."""
    said = {text.casefold() for text in texts if text}
    named = normalised(heading) in _SIGN_HEADINGS or heading.replace(" ", "") in ("+/-", "-/+", "±")
    return said <= MINUS | _PLUS and bool(said & MINUS) and (named or bool(said & _PLUS))
