"""What a cell says of how an invoice stands: void, no invoice at all, held back, a copy, paid, or as usual."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from importer.reading.rows.document_type import is_payment


class RowStatus(Enum):
    """How an invoice stands by the words of one cell."""

    VOID = "void"
    NO_BILL = "no invoice"  # a quote, a draft
    HELD = "held back"  # an invoice, and not to be paid now
    TWICE = "a copy"
    PAID = "paid"
    CREDIT = "a credit"
    PAYMENT = "a payment"
    USUAL = "as usual"
    UNKNOWN = "unknown"


_VOID = (
    r"void(?:ed)?|cancell?ed|deleted|reversed|storniert|annull?[ée]e?|anulad[oa]|annullat[oa]|geannuleerd|cancelad[oa]"
)
_NO_BILL = r"drafts?|quot(?:e|ation)|estimate|pro-? ?forma|not an? (?:invoice|bill)|entwurf|angebot|devis|presupuesto"
_HELD = (
    r"rejected|declined|denied|refused|disputed?|on[- ]hold|held|hold|do not pay|blocked|suspended|gesperrt|abgelehnt"
    r"|rechazad[oa]|refusée?|returned to vendor"
)
_TWICE = r"duplicated?|dupe|duplikat|doppelt|doublon|duplicad[oa]"
_PAID = r"paid|payment received|partial(?:ly paid)?|bezahlt|pagad[oa]|payée?|betaald|pagat[oa]"
_IN_A_STATUS = tuple(
    (standing, re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE))
    for standing, words in (
        (RowStatus.VOID, _VOID),
        (RowStatus.NO_BILL, _NO_BILL),
        (RowStatus.HELD, _HELD),
        (RowStatus.TWICE, _TWICE),
        (RowStatus.PAID, _PAID),
    )
)
_NOT_SO = re.compile(
    r"\b(?:not?|non|never|un|nicht|niet|off|be|released|resolved|settled|noch|if|until|unless)\b[\w -]*$", re.IGNORECASE
)
_NO_MORE = re.compile(r"^\W*(?:is )?(?:released|resolved|removed|lifted|cleared|over)\b", re.IGNORECASE)
_USUAL = frozenset(
    re.findall(
        r"\w+",
        "open unpaid approved approval approve sent posted complete completed billed closed new pending due "
        "overdue past outstanding processed processing active received invoiced invoice bill final current "
        "entered ready submitted verified matched exported scheduled late ok yes y no n none authorized "
        "authorised issued delivered shipped done accepted confirmed valid in process progress review "
        "reviewed awaiting waiting to be paid payment pay for by on with and the of not yet coded imported "
        "good fulfilled signed normal regular standard true false offen gebucht freigegeben erledigt fällig "
        "überfällig versendet gesendet abierto abierta pendiente aprobado aprobada emitida emitido enviado "
        "enviada vencida ouvert ouverte validé validée émise envoyée aperto aperta openstaand goedgekeurd "
        "verzonden finalized finalised finished payable unbilled recorded accounting",
    )
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OF_A_FLAG = frozenset(
    re.findall(r"\w+", "is was flag indicator ind mark marked marker yn y n date on at by invoice bill document inv in")
)
_FLAGS = (
    (
        RowStatus.VOID,
        frozenset(
            re.findall(
                r"\w+",
                "void voided cancelled canceled cancel deleted delete reversed reversal storniert storno annulé "
                "anulado annullato geannuleerd cancelado",
            )
        ),
    ),
    (RowStatus.NO_BILL, frozenset(("draft", "proforma", "pro", "forma"))),
    (
        RowStatus.HELD,
        frozenset(("hold", "held", "onhold", "disputed", "dispute", "rejected", "declined", "denied", "blocked")),
    ),
)
_NOTHING_MORE = r"\W*(?:only|invoice|bill)?\W*"
_AFTER_VOID = (
    r"(?:re-?issued?|re-?billed|replaced|see|dup\w*|do not|cancel\w*|wrong|error|entered|per|billed|no charge|not)"
)
_CREDIT = (
    r"(?:(?:vendor |account |customer )?credit[ -]?(?:memo|note|invoice)s?"
    r"|gutschrift|rechnungskorrektur|avoir|nota de cr[ée]dito|note de cr[ée]dit|nota di credito|credit ?nota"
    r"|kreditnot[ae])"
)
_ALONE = tuple(
    (standing, re.compile(pattern, re.IGNORECASE))
    for standing, pattern in (
        (RowStatus.VOID, rf"\W*(?:{_VOID}){_NOTHING_MORE}|\W*voided\b.*|\W*void\s*[-\u2013:,(]+\s*{_AFTER_VOID}\b.*"),
        (RowStatus.NO_BILL, rf".*\bnot an? (?:invoice|bill)\b.*|\W*(?:{_NO_BILL}){_NOTHING_MORE}"),
        (RowStatus.HELD, rf".*\bdo not pay\b.*|\W*(?:{_HELD}){_NOTHING_MORE}"),
        (RowStatus.TWICE, rf"\W*(?:{_TWICE})(?: of \S+)?{_NOTHING_MORE}"),
        (
            RowStatus.CREDIT,
            (
                rf"\W*{_CREDIT}\W*(?:(?:for|against|re|ref|on|to|per|applied|no|nr|zu|sur|pour|para|sobre)\b.*|\d.*)?"
                r"|\W*credits?\W*|\W*credit\s*[-\u2013:]\s*(?:return|refund|over|rebate|adjust|correct|warranty|damage|dup"
                r"|billing|error|pric|short|defect|unused|core|exchange)\w*\b.*"
            ),
        ),
        (RowStatus.PAID, r"\W*paid(?: in full| (?:by|via|with) .*| ach| check.*| \d.*)?\W*"),
    )
)
_IN_A_NUMBER = (
    (RowStatus.VOID, re.compile(r"(?<![^\W_])(?:void(?:ed)?|cancell?ed|storno|storniert)(?![^\W_])", re.IGNORECASE)),
    (
        RowStatus.NO_BILL,
        re.compile(r"(?<![^\W_])(?:draft|quote|estimate|pro-?forma)(?![^\W_])", re.IGNORECASE),
    ),
)
BEGINNINGS = frozenset(
    (
        *("void", "canc", "dele", "reve", "stor", "annu", "anul", "gean", "draf", "quot", "esti", "pro-", "prof"),
        *("pro ", "entw", "ange", "devi", "pres", "reje", "decl", "deni", "refu", "disp", "on h", "on-h", "held"),
        *("hold", "do n", "bloc", "susp", "gesp", "abge", "rech", "retu", "dupl", "dupe", "dopp", "doub", "paid"),
        *("cred", "vend", "acco", "cust", "guts", "avoi", "nota", "note", "kred", "paym", "pmt", "pmts", "pymt"),
        *("pymn", "zahl", "paie", "pago", "paga", "beta", "bill", "onli", "auto", "thin", "chec", "ach ", "cash"),
        *("wire", "eft ", "rece", "than", "not "),
    )
)
"""The first four letters of whatever `status_from_description` may know, so that most cells need no second look."""

IN_NUMBERS = ("void", "cancel", "storn", "draft", "quote", "estimate", "forma")
"""What stands in a number of which `status_from_invoice_number` may know something."""


@lru_cache(maxsize=4096)
def status_from_text(text: str) -> RowStatus:
    """How an invoice stands by a cell of a status column; UNKNOWN where the words are none that are known."""
    for standing, pattern in _IN_A_STATUS:
        found = pattern.search(text)
        if found is not None:
            is_so = not _NOT_SO.search(text[: found.start()]) and not _NO_MORE.search(text[found.end() :])
            return standing if is_so else RowStatus.USUAL
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return RowStatus.USUAL if all(word in _USUAL or len(word) < 2 for word in words) else RowStatus.UNKNOWN


def flagged(heading: str) -> RowStatus:
    """What a yes below this heading says: VOID for "Is Void" and "Deleted", HELD for "On Hold", USUAL for any other."""
    words = set(re.findall(r"[^\W\d_]+", _CAMEL.sub(" ", heading).casefold())) - _OF_A_FLAG
    return next((standing for standing, named in _FLAGS if words and words <= named), RowStatus.USUAL)


def status_from_description(text: str) -> RowStatus:
    """How it stands by a description, where that says hardly anything else; USUAL for the description of a line."""
    line = " ".join(text.split())
    found = next((standing for standing, pattern in _ALONE if pattern.fullmatch(line)), RowStatus.USUAL)
    return RowStatus.PAYMENT if found is RowStatus.USUAL and is_payment(line) else found


def status_from_invoice_number(text: str) -> RowStatus:
    """How it stands by a word behind its number ("A2 VOID")."""
    return next((standing for standing, pattern in _IN_A_NUMBER if pattern.search(text)), RowStatus.USUAL)
