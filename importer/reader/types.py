"""Words of a type column: which of them make a row a credit, and which an ordinary invoice."""

from __future__ import annotations

import re

from importer.reader.headings import normalised

_CREDITS = frozenset(
    re.findall(
        r"\w+",
        "credit credits cr crn cm cn ccn creditmemo creditnote creditinvoice refund return returned rebate gutschrift "
        "rechnungskorrektur storno kredit krediet creditnota avoir notedecredit notadecredito notacredito "
        "notadecrédito notadicredito abono bonifico kreditnota kreditnote",
    )
)
_INVOICES = frozenset(
    re.findall(
        r"\w+",
        "invoice invoices inv bill bills in i d dr debit debits debitmemo debitnote charge charges purchase standard "
        "regular original rechnung factura facture fattura fatura faktura factuur vendorbill vendorinvoice "
        "purchaseinvoice item items line lines service services product products goods material materials labor labour "
        "hours expense expenses recurring utility utilities tax freight shipping fee fees revenue capital capex opex "
        "operating rent contract maintenance repair repairs subscription onetime monthly weekly annual inventory "
        "supplies",
    )
)
_IN_A_PHRASE = frozenset({"credit", "credits", "creditmemo", "creditnote", "refund", "krediet", "gutschrift", "avoir"})
_NO_CREDIT = frozenset({"card", "cards", "debit", "not", "no"})  # "Credit card", "Debit/Credit" are no credits


def is_credit(text: str) -> bool:
    """True for "Credit", "CR", "Vendor Credit", "Credit Adjustment": any phrase with a word for a credit in it."""
    if normalised(text) in _CREDITS:
        return True
    words = {normalised(word) for word in text.replace("-", " ").replace("/", " ").split()}
    return bool(_IN_A_PHRASE & words) and not _NO_CREDIT & words


def is_known_type(text: str) -> bool:
    """True for a word whose meaning is beyond doubt, and for none at all."""
    word = normalised(text)
    return (
        not word or word in _INVOICES or is_credit(text) or all(normalised(each) in _INVOICES for each in text.split())
    )
