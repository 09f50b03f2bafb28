"""Words that stand where a value belongs and are none: "n/a", "pending", NULL; and what a csv made of a number.

The words are a table: one a line, behind the name of where they are none.
"""

from __future__ import annotations

import re
from dataclasses import replace

from importer.domain import problem_catalog
from importer.reading.cells.parse_cell import (
    STAND_INS,
    CellValue,
    Unreadable,
    quoted,
)

_WORDS = """
number: pending | see attached | attached | see attachment | see invoice | see bill | see below | see above | see notes
number: see statement | per statement | statement | various | multiple | several | misc | miscellaneous | other | same
number: same as above | as above | ditto | to follow | to come | to be assigned | to be advised | to be determined
number: not available | not applicable | not assigned | not provided | not given | no number | no invoice | no inv
number: no invoice number | no bill number | missing | blank | empty | unassigned | awaiting | open | new | draft | temp
number: invoice | bill | inv | verbal | email | e-mail | emailed | receipt | no receipt | cash | check | cheque | ach
number: eft | wire | autopay | auto pay | auto-pay | online | credit card | debit card | nil | none given | null
number: undefined | xxx | xxxx | test | ausstehend | siehe anlage | diverse | keine | ohne | divers | voir annexe
number: en attente | sans | aucun | aucune | pendiente | ver adjunto | varios | sin numero | sin número | ninguno
number: in attesa | vedi allegato | vari | nessuno | diversen | zie bijlage | geen
"""

NO_NUMBERS = STAND_INS | frozenset(
    word.strip() for line in _WORDS.strip().splitlines() for word in line.partition(":")[2].split("|")
)
"""What is no invoice number, however many bills it stands beside. Of capitals, spaces and a point at its end nothing
depends."""

# "Oct-26" is left alone: many a bill of October is numbered so by hand.
_EXCEL_DAY = re.compile(r"\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:-\d\d)?")


def as_numbers(read: list[CellValue | Unreadable], *, is_csv: bool) -> list[CellValue | Unreadable]:
    """A column of invoice numbers as it was read, without what is none. That two rows say "pending" makes them no one
    bill: each is asked about for itself. `is_csv`: a spreadsheet program may have saved it."""
    none = {value for value in set(read) if as_number(value, is_csv=is_csv) is not value}  # or a stand-in of any id
    return [as_number(value, is_csv=is_csv) if value in none else value for value in read] if none else read


def as_number(value: CellValue | Unreadable, *, is_csv: bool) -> CellValue | Unreadable:
    """One of them, or why it is none."""
    if isinstance(value, Unreadable) and value.kind is problem_catalog.MISSING_VALUE:
        return replace(value)
    if not isinstance(value, str) or len(value) > 20:
        return value
    plain = " ".join(value.split()).casefold().rstrip(".")
    if plain in NO_NUMBERS or not plain.strip("0#- "):
        return Unreadable(
            problem_catalog.MISSING_VALUE, f"{quoted(value)} stands where a number belongs.", value, _FROM_THEM
        )
    if is_csv and _EXCEL_DAY.fullmatch(value):
        what = f"{quoted(value)} is what a spreadsheet program makes of a number like 1-2, which it takes for a date."
        return Unreadable(problem_catalog.DAMAGED_NUMBER, what, value)
    return value


_FROM_THEM = "Write the number that is on the vendor's invoice."
