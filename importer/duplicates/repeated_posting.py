"""The same bill again: it went out before, and a name or number in it has come to make another invoice of it.

The ledger knows an invoice by property, vendor and number. Where one of them is another by now (a vendor was made
anew, an alias settled otherwise, an ending added), the bill looks new. What is found here stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from importer.domain.bills import Bill, PostedBill
from importer.domain.identity import normalised_number
from importer.domain.invoice import Invoice
from importer.domain.payload import Payload
from importer.validation.invoice_numbers import number_of


class RepostReason(StrEnum):
    """How the bill that went out differs from the one that is to go, in a clerk's words."""

    SAME_ROWS = "it came out of the same rows of the vendor's file, whatever they say by now"
    IN_DOUBT = "all but the number is the same, and until `settle` it is not known whether that one arrived"
    OTHER_VENDOR = "number, amount, date and property are the same, and it went to another vendor"
    OTHER_PROPERTY = "number, amount, date and vendor are the same, and it went to another property"
    OTHER_BOTH = "number, amount, date and the file's name are the same, and it went elsewhere"
    RENUMBERED = "all but an ending of the number is the same"


@dataclass(frozen=True, slots=True)
class RepeatedPosting:
    """The bill that went out, and why it is taken for the same."""

    bill: Bill
    how: RepostReason


PropertyMeaning = Callable[[PostedBill], bool]
"""Whether what the file calls the property meant the posted bill's property then."""


@dataclass(slots=True)
class Postings:
    """What went out, as it is looked up for each invoice that would go."""

    of_totals: Sequence[PostedBill]
    now: Collection[str]  # the key of each invoice of this run
    _by_number: dict[tuple[str, int | None, date | None], list[PostedBill]] = field(default_factory=dict)
    _by_form: dict[tuple[str, str | None, int | None, date | None], list[PostedBill]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.of_totals:
            if each.key not in self.now:  # what stands in this run as an invoice of its own is another bill
                bill = each.bill
                number = normalised_number(bill.number or "")
                self._by_number.setdefault((number, bill.total, bill.issued), []).append(each)
                self._by_form.setdefault((bill.vendor_id, bill.property_id, bill.total, bill.issued), []).append(each)

    def bills(self) -> Iterator[Bill]:
        """Every bill that one may be compared with."""
        return (each.bill for each in self.of_totals)

    def __bool__(self) -> bool:
        return bool(self._by_number)

    def of(
        self,
        invoice: Invoice,
        payload: Payload,
        key: str,
        claimed: Mapping[str, RepeatedPosting],
        meant: PropertyMeaning,
    ) -> list[RepeatedPosting]:
        """What went out before and is this bill, each once, the surest first. `claimed` are those, by key, that hold
        its rows in the ledger or would be refused it otherwise."""
        found = dict(claimed)
        for posted, how in (*self._of_number(invoice, payload, meant), *self._of_ending(payload)):
            if posted.key != key:
                found.setdefault(posted.key, RepeatedPosting(posted.bill, how))
        return list(found.values())

    def _of_number(
        self, invoice: Invoice, payload: Payload, meant: PropertyMeaning
    ) -> Iterator[tuple[PostedBill, RepostReason]]:
        number = normalised_number(payload.invoice_number)
        for posted in self._by_number.get((number, payload.total_amount_in_cents, payload.invoice_date), ()):
            is_its_vendor = posted.bill.vendor_id == payload.vendor_id
            is_its_property = posted.bill.property_id == payload.property_id
            is_its_file = posted.file == invoice.source.file.rpartition("/")[2]
            if is_its_property and not is_its_vendor:
                yield posted, RepostReason.OTHER_VENDOR
            elif is_its_vendor and not is_its_property and (is_its_file or meant(posted)):
                yield posted, RepostReason.OTHER_PROPERTY
            elif is_its_file and not is_its_vendor:
                yield posted, RepostReason.OTHER_BOTH

    def _of_ending(self, payload: Payload) -> Iterator[tuple[PostedBill, RepostReason]]:
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
                yield posted, RepostReason.RENUMBERED


COMPARED = 100
"""Bills of one vendor, property, amount and day whose numbers are compared."""


def _distinct(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
