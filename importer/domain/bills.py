"""A bill that is known from somewhere: what two bills are compared by, wherever they were met."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Bill(NamedTuple):
    """One bill. Ids are Propexo's; a part that its source does not give is None. A tuple underneath, because a run
    may compare a hundred thousand of them."""

    where: str  # "march.xlsx row 7", "posted on 2026-03-04 from feb.xlsx, row 2", "in ResMan"
    vendor_id: str
    property_id: str | None
    number: str | None
    issued: date | None
    total: int | None  # cents
    job: str | None = None
    accounts: tuple[str, ...] = ()  # ids of the GL accounts of its lines
    table: int | None = None  # the same for bills of one table of one file; None outside of files


class PostedBill(NamedTuple):
    """A bill that went out from here, or may have."""

    key: str
    bill: Bill
    file: str
    rows: tuple[int, ...]
    run: str  # the run that sent it
    sheets: tuple[str | None, ...] | None = None  # of its rows, one for each; None where that is not known
