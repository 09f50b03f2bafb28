"""What stands below the last row of a table and is no row of it: credits, charges, old balances, terms and thanks.

None of these words means anything above that: "Tax" between two invoices may be a line, below the last it is a foot.
A row with a number, a date, an account or a price of its own is never a foot.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from importer.domain.cells import Cell
from importer.reading.cells.parse_cell import is_blank
from importer.reading.columns.headings import display_heading


class FooterKind(Enum):
    """What a foot is, which decides what becomes of its amount."""

    BALANCE = "an earlier balance"  # was billed before: left out
    CREDIT = "a credit"  # taken off what is to be paid, and of no invoice: left out, and said
    CHARGE = "a charge"  # to be paid, and in no invoice: asked about
    WORDS = "words"  # no amount


_OFF = r"(?:credit|payment|deposit|discount|retain|rebate|allowance|refund|return|prepa|adjust|advance)"
_BALANCE = (
    r"(?:previous|prior|opening|old|last|past[ -]due|unpaid|overdue) (?:balances?|amounts?|statement)\W*"
    r"|past[ -]due\W*|balance (?:forward|b/?f)\W*|arrears\W*|saldovortrag\W*|saldo anterior\W*"
    r"|(?:ancien )?solde (?:précédent|antérieur|ancien)\W*|vorig saldo\W*|saldo precedente\W*|report\W*"
)
_CREDIT = (
    rf"(?:less|minus)\b.{{0,30}}\b{_OFF}.{{0,30}}"
    r"|(?:account )?credits?(?: on account| applied| balance| memos?| notes?)?\W*"
    r"|payments?(?: received| applied| to date| on account)?\b[\W\d]{0,16}(?:thank you|thanks)?\W*|paid to date\W*"
    r"|(?:customer )?deposits?(?: received| paid| applied)?\W*|prepayments?\W*|retainage(?: held)?\W*"
    r"|(?:early payment |prompt payment )?discounts?(?: taken| applied)?[\W\d]{0,12}"
    r"|(?:abzüglich|abzgl\.?|moins|menos|meno|minder)\b.{1,40}|gutschrift(?:en)?\W*|anzahlung(?:en)?\W*"
    r"|rabatt[\W\d]*|skonto[\W\d]*|avoirs?\W*|acomptes?\W*|remise[\W\d]*|escompte[\W\d]*|anticipo\W*"
    r"|descuento[\W\d]*|abono\W*|acconto\W*|sconto[\W\d]*|korting[\W\d]*|aanbetaling\W*"
)
_CHARGE = (
    r"(?:plus |add )?(?:sales |state |county |city |local |use )*"
    r"(?:tax(?:es)?|vat|gst|hst|pst|qst|tva|iva|btw|moms|mva)\b[\W\d]{0,20}"
    r"|(?:zzgl\.? )?(?:mwst|ust|mehrwertsteuer|umsatzsteuer)\b[\W\d]{0,20}"
    r"|(?:freight|shipping|delivery|handling|postage|shipping (?:&|and) handling)(?: charges?| fees?)?\W*"
    r"|(?:fuel )?surcharges?\W*|late (?:fees?|charges?)\W*|finance charges?\W*|interest\W*"
    r"|versand(?:kosten)?\W*|porto\W*|fracht\W*|frais de port\W*|gastos de envío\W*|verzendkosten\W*"
    r"|spese di (?:trasporto|spedizione)\W*"
)
_WORDS = (
    r"(?:thank you|thanks|vielen dank|danke|merci|gracias|grazie|bedankt|obrigad[oa])\b.*"
    r"|(?:payment )?terms\b.*|zahlungsbedingungen\b.*|remit(?:tance)?\b.*|make (?:all )?che(?:ck|que)s?\b.*"
    r"|payable to\b.*|bank (?:details|account|transfer)\b.*|iban\b.*|swift\b.*"
    r"|questions?\b.*|please\b.*|bitte\b.*"
    r"|(?:prepared|approved|checked|received|authori[sz]ed) by\b.*|signature\b.*|e\.? ?& ?o\.? ?e\.?"
)
_PATTERNS = tuple(
    (sort, re.compile(pattern, re.IGNORECASE))
    for sort, pattern in zip(FooterKind, (_BALANCE, _CREDIT, _CHARGE, _WORDS), strict=True)
)


@dataclass(frozen=True, slots=True)
class Footer:
    """A row that is a foot: what it is, and the words that say so."""

    sort: FooterKind
    label: str


def footer_of(
    row: Sequence[Cell], filled: Sequence[int], columns: Mapping[str, int], numbers: Collection[int], *, has_lines: bool
) -> Footer | None:
    """What the row is at the foot of a table; None where it may be a row of it. `numbers` are columns of amounts.

    Where the rows are lines (`has_lines`), words in the column of their descriptions may be those of a line.
    """
    words = [index for index in filled if isinstance(row[index], str) and any(map(str.isalpha, str(row[index])))]
    if not words:
        return None
    first = words[0]
    label = display_heading(row[first])
    sort = next((sort for sort, pattern in _PATTERNS if pattern.fullmatch(label)), None)
    if sort is None:
        return None
    own = {columns[name] for name in ("invoice_number", "invoice_date", "due_date") if name in columns} - {first}
    if sort is FooterKind.WORDS:
        is_row = any(index in numbers for index in filled) or columns.get("invoice_number") in set(filled) - {first}
        return None if is_row else Footer(sort, label)
    is_line = has_lines and first in {columns.get("item_notes"), columns.get("notes"), columns.get("memo")}
    if is_line or len(words) > 1 or any(not is_blank(row[index]) for index in own if index < len(row)):
        return None
    return Footer(sort, label)
