"""The same bill again: it went out before, and a name or number in it has come to make another invoice of it.

The ledger knows an invoice by property, vendor and number. Where one of them is another by now (a vendor was made
anew, an alias settled otherwise, an ending added), the bill looks new. What is found here stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from importer.held import Held, Posted
from importer.keys import normalised_number
from importer.models import Invoice, Row
from importer.payload import Payload
from importer.validator.numbers import number_of


class Otherwise(StrEnum):
    """How the bill that went out differs from the one that is to go, in a clerk's words."""

    SAME_ROWS = "it came out of the same rows of the same file"
    OTHER_VENDOR = "number, amount, date and property are the same, and it went to another vendor"
    OTHER_PROPERTY = "number, amount, date and vendor are the same, and it went to another property"
    OTHER_BOTH = "number, amount, date and the file's name are the same, and it went elsewhere"
    SAME_PLACE = "it stood in the same rows of a file with the same bills, and amount or date are the same"
    SAME_BILLS = "vendor, property, amount and date are the same, and it went out of a file with the same bills"
    RENUMBERED = "all but an ending of the number is the same"


@dataclass(frozen=True, slots=True)
class Again:
    """The bill that went out, and why it is taken for the same."""

    bill: Held
    how: Otherwise


Meaning = Callable[[Posted], bool]
"""Whether what the file calls the property meant the posted bill's property then."""


Form = tuple[str, str | None, int | None, date | None]  # vendor, property, amount and date of a bill


@dataclass(frozen=True, slots=True)
class Kin:
    """What went out of other files with bills of this one, and does not stand in it: by its rows, where the bills that
    they have in common stand in the same ones, and by its form."""

    by_rows: Mapping[tuple[int, ...], Sequence[Posted]]
    by_form: Mapping[Form, Sequence[Posted]]

    @classmethod
    def of(cls, gone: Iterable[Posted], *, is_aligned: bool) -> Kin:
        """Those that are gone; `is_aligned`: the rows of one file are those of the other."""
        by_rows: dict[tuple[int, ...], list[Posted]] = {}
        by_form: dict[Form, list[Posted]] = {}
        for each in gone:
            bill = each.bill
            by_form.setdefault((bill.vendor_id, bill.property_id, bill.total, bill.issued), []).append(each)
            if is_aligned:
                by_rows.setdefault(each.rows, []).append(each)
        return cls(by_rows, by_form)

    def bills(self) -> Iterator[Held]:
        """Each of those bills."""
        return (each.bill for some in self.by_form.values() for each in some)


@dataclass(slots=True)
class Postings:
    """What went out, as it is looked up for each invoice that would go."""

    of_totals: Sequence[Posted]
    of_files: Mapping[str, Sequence[Posted]]  # by the SHA-256 of the file
    now: Mapping[str, Sequence[Row]]  # the key of each invoice of this run → its rows
    typed: Collection[tuple[str, str | None, int]] = ()  # file, sheet and row of what is in no vendor's file
    kin: Mapping[tuple[str, str | None], Kin] = field(default_factory=dict)  # by file and sheet
    _by_number: dict[tuple[str, int | None, date | None], list[Posted]] = field(default_factory=dict)
    _by_form: dict[tuple[str, str | None, int | None, date | None], list[Posted]] = field(default_factory=dict)
    _by_row: dict[tuple[str, int], list[tuple[Posted, str | None]]] = field(default_factory=dict)  # with its sheet

    def __post_init__(self) -> None:
        for each in self.of_totals:
            if each.key not in self.now:  # what stands in this run as an invoice of its own is another bill
                bill = each.bill
                number = normalised_number(bill.number or "")
                self._by_number.setdefault((number, bill.total, bill.issued), []).append(each)
                self._by_form.setdefault((bill.vendor_id, bill.property_id, bill.total, bill.issued), []).append(each)
        for digest, some in self.of_files.items():
            for each in some:
                for row, sheet in zip(each.rows, each.sheets or (None,) * len(each.rows), strict=True):
                    self._by_row.setdefault((digest, row), []).append((each, sheet))

    def bills(self) -> Iterator[Held]:
        """Every bill that one may be compared with."""
        yield from (each.bill for some in (self.of_totals, *self.of_files.values()) for each in some)
        yield from (bill for each in self.kin.values() for bill in each.bills())

    def __bool__(self) -> bool:
        return bool(self._by_number or self._by_row or self.kin)

    def of(
        self, invoice: Invoice, payload: Payload, key: str, contents: Collection[str], meant: Meaning
    ) -> list[Again]:
        """What went out before and is this bill, each once, the surest first. `contents` are those of its file."""
        found: dict[str, Again] = {}
        for posted, how in (
            *self._of_rows(invoice, payload, contents),
            *self._of_number(invoice, payload, meant),
            *self._of_kin(invoice, payload),
            *self._of_ending(payload),
        ):
            if posted.key != key:
                found.setdefault(posted.key, Again(posted.bill, how))
        return list(found.values())

    def _of_rows(
        self, invoice: Invoice, payload: Payload, contents: Collection[str]
    ) -> Iterator[tuple[Posted, Otherwise]]:
        """Whatever its number, property, vendor and amount are by now: no row of a file is paid twice."""
        if not self._by_row:
            return
        is_sure = len(contents) == 1
        for row in invoice.rows:
            place = _place(row)
            for digest in contents if place not in self.typed else ():
                for posted, sheet in self._by_row.get((digest, row.number), ()):
                    is_known = is_sure and posted.sheets is not None
                    is_same = row.source.sheet == sheet if is_known else _is_alike(payload, posted.bill)
                    if is_same and place not in map(_place, self.now.get(posted.key, ())):
                        yield posted, Otherwise.SAME_ROWS

    def _of_number(self, invoice: Invoice, payload: Payload, meant: Meaning) -> Iterator[tuple[Posted, Otherwise]]:
        number = normalised_number(payload.invoice_number)
        for posted in self._by_number.get((number, payload.total_amount_in_cents, payload.invoice_date), ()):
            is_its_vendor = posted.bill.vendor_id == payload.vendor_id
            is_its_property = posted.bill.property_id == payload.property_id
            is_its_file = posted.file == invoice.source.file.rpartition("/")[2]
            if is_its_property and not is_its_vendor:
                yield posted, Otherwise.OTHER_VENDOR
            elif is_its_vendor and not is_its_property and (is_its_file or meant(posted)):
                yield posted, Otherwise.OTHER_PROPERTY
            elif is_its_file and not is_its_vendor:
                yield posted, Otherwise.OTHER_BOTH

    def _of_kin(self, invoice: Invoice, payload: Payload) -> Iterator[tuple[Posted, Otherwise]]:
        """A vendor's file that was corrected and saved anew holds other bytes, and the same bills: what went out of it
        and stands in it no more, because it was numbered by hand, say, may be here under the vendor's own number."""
        kin = self.kin.get((invoice.source.file, invoice.source.sheet))
        if kin is None or any(_place(row) in self.typed for row in invoice.rows):
            return
        amount, day = payload.total_amount_in_cents, payload.invoice_date
        for posted in kin.by_rows.get(tuple(row.number for row in invoice.rows), ()):
            if posted.bill.total == amount or posted.bill.issued == day:
                yield posted, Otherwise.SAME_PLACE
        for posted in kin.by_form.get((payload.vendor_id, payload.property_id, amount, day), ()):
            yield posted, Otherwise.SAME_BILLS

    def _of_ending(self, payload: Payload) -> Iterator[tuple[Posted, Otherwise]]:
        what = (payload.vendor_id, payload.property_id, payload.total_amount_in_cents, payload.invoice_date)
        alike = self._by_form.get(what, ())
        if not alike:
            return
        number = number_of(payload.invoice_number)
        accounts = _distinct(line.financial_account_id for line in payload.read().invoice_items)
        for posted in alike[:COMPARED]:
            other = number_of(posted.bill.number or "")
            has_ending = (number.stem and number.stem == other.squeezed) or (
                other.stem and other.stem == number.squeezed
            )
            if has_ending and accounts == posted.bill.accounts:
                yield posted, Otherwise.RENUMBERED


def _place(row: Row) -> tuple[str, str | None, int]:
    return row.source.file, row.source.sheet, row.number


def _is_alike(payload: Payload, bill: Held) -> bool:
    """Where the file or the sheet of a row is not known: rows of another have the same numbers."""
    number, other = normalised_number(payload.invoice_number), normalised_number(bill.number or "")
    what = (payload.property_id, payload.total_amount_in_cents, payload.invoice_date)
    return number == other or what == (bill.property_id, bill.total, bill.issued)


COMPARED = 100
"""Bills of one vendor, property, amount and day whose numbers are compared."""


def _distinct(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
