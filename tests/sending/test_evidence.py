"""Whether a record is about an invoice, in whatever shape it comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import OutcomeUnknown
from importer.propexo.answers import (
    HeldInvoice,
    WriteLog,
    job_id_of,
    models,
    retry_after,
    rows_of,
    whole_number,
)
from importer.sending.evidence import Match, Sought, values_of
from tests.sending.made import payload

BODY: dict[str, Any] = json.loads(payload().body())
SOUGHT = Sought(payload(), x_vendor_id="9D31-vendor", x_property_id="77AC-property")


def without(*names: str, **changed: object) -> dict[str, Any]:
    return {name: value for name, value in {**BODY, **changed}.items() if name not in names}


@pytest.mark.parametrize(
    "record",
    [
        BODY,
        {"method": "POST", "body": BODY},
        json.dumps(BODY),
        {"request": {"body": json.dumps(json.dumps(BODY))}},
        [["unrelated"], [BODY]],
        without(invoice_number="  inv-1 "),
        without(total_amount_in_cents=125.0),
        without(total_amount_in_cents="125.00"),
        without(total_amount_in_cents=125),
        without("vendor_id", "property_id", vendor="9d31-VENDOR", site="77ac-property"),
        '<Invoice Number="INV-1"><Vendor>9D31-vendor</Vendor><Site>77AC-property</Site><Total>125.00</Total></Invoice>',
    ],
)
def test_the_same_in_every_shape(record: object) -> None:
    """Wrapped, as text, as text in text, as markup, with ResMan's own ids, in dollars: it is about the invoice."""
    assert SOUGHT.in_record(values_of(record)) is Match.YES


@pytest.mark.parametrize(
    ("record", "match"),
    [
        (without(property_id="prop-willowcreek"), Match.MAYBE),
        (without(property_id="cm4ublxhn5008"), Match.MAYBE),
        (without("property_id"), Match.MAYBE),
        (without("invoice_items", total_amount_in_cents=12_501), Match.MAYBE),
        (without(vendor_id="vend-citypower"), Match.MAYBE),
        (without(vendor_id="vend-citypower", property_id="prop-willowcreek"), Match.NO),
        (without(invoice_number="INV-10"), Match.NO),
        (without(invoice_number="INV-1 INV-2"), Match.NO),
        (None, Match.NO),
        ("", Match.NO),
        ("{", Match.NO),
        ([[[[[[[[[[[[[[BODY]]]]]]]]]]]]]], Match.NO),
    ],
)
def test_something_else(record: object, match: Match) -> None:
    """The same monthly number and amount at another property is another invoice: never adopted, never overlooked."""
    assert SOUGHT.in_record(values_of(record)) is match


@given(st.integers(0, 10**15))
def test_every_total_is_found(cents: int) -> None:
    """To the cent, in cents and in dollars, also where a float would round it."""
    sought = Sought(payload(cents=cents))
    shown: dict[object, Match] = {
        cents: Match.YES,
        f"{cents // 100}.{cents % 100:02d}": Match.YES,
        f"{cents + 1}": Match.MAYBE,
        float(cents + 101): Match.MAYBE,
    }
    for total, match in shown.items():
        assert sought.in_record(values_of(without("invoice_items", total_amount_in_cents=total))) is match


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_no_record_breaks_the_search(record: object) -> None:
    """Whatever the API shows: it is looked through."""
    assert SOUGHT.in_record(values_of(record)) is not Match.YES


def held(**changed: object) -> HeldInvoice:
    plain: dict[str, object] = {
        "id": "inv-1",
        "invoice_number": "inv-1",
        "property_id": "prop-maplecourt",
        "x_vendor_id": "9D31-vendor",
        "total_amount_in_cents": 12_500,
    }
    return HeldInvoice.model_validate({**plain, **changed})


@pytest.mark.parametrize(
    ("invoice", "match"),
    [
        (held(), Match.YES),
        (held(x_vendor_id=None), Match.MAYBE),
        (held(property_id=None), Match.MAYBE),
        (held(total_amount_in_cents=None), Match.MAYBE),
        (held(invoice_number=None), Match.MAYBE),
        (held(total_amount_in_cents=12_000), Match.MAYBE),
        (held(invoice_number=None, total_amount_in_cents=12_000), Match.NO),
        (held(x_vendor_id="another"), Match.NO),
        (held(property_id="prop-willowcreek"), Match.NO),
        (held(invoice_number="INV-2"), Match.NO),
    ],
)
def test_invoices_that_resman_holds(invoice: HeldInvoice, match: Match) -> None:
    """Any of its fields may be null: that proves nothing, but it is not "not there" either."""
    assert SOUGHT.held(invoice) is match


def test_an_unknown_vendor_is_never_called_absent() -> None:
    """Where ResMan's own id of the vendor cannot be had, every invoice with that number may be it."""
    assert Sought(payload()).held(held()) is Match.MAYBE


def test_a_record_of_several_invoices_is_of_none_by_itself() -> None:
    """Its values may be those of one and its number that of another."""
    record = {"invoices": [{**BODY, "invoice_number": "A-9"}, BODY]}
    assert SOUGHT.in_record(values_of(record)) is Match.AMONG


# ---------------------------------------------------------------------- how answers are read

LOG = {"job_id": "job-1", "status": "SUCCESS"}


@pytest.mark.parametrize(
    "page", [[LOG], {"results": [LOG]}, {"results": {"logs": [LOG]}}, {"data": [LOG]}, {"data": {"results": [LOG]}}]
)
def test_envelopes(page: object) -> None:
    """A list is a list, whatever it is wrapped in."""
    assert [log.job_id for log in models(WriteLog, page)] == ["job-1"]


@pytest.mark.parametrize(
    "page", [{}, {"rows": [LOG]}, "nothing", 7, {"results": {"logs": {"a": {}}}}, {"results": None}]
)
def test_what_is_not_understood_is_not_empty(page: object) -> None:
    """Otherwise an invoice that is there would be called absent."""
    with pytest.raises(OutcomeUnknown):
        rows_of(page)


def test_rows_that_cannot_be_read_are_left_out() -> None:
    """The others are evidence all the same; a time without a zone is UTC, one that is none is not known."""
    rows = [
        7,
        {"status": "SUCCESS"},
        {"job_id": "a\0b", "status": "SUCCESS"},
        {**LOG, "created_at": "yesterday"},
        {**LOG, "job_id": "job-2", "created_at": "2026-10-01T12:00:00"},
    ]
    found = models(WriteLog, {"results": {"logs": rows}})
    assert [(log.job_id, log.created_at) for log in found] == [
        ("job-1", None),
        ("job-2", datetime(2026, 10, 1, 12, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    "holder", [None, {}, {"job_id": None}, {"job_id": 7}, {"job_id": " "}, {"job_id": "a\nb"}, [1]]
)
def test_no_job_id(holder: object) -> None:
    """What cannot be asked after is no job id: the end is unknown."""
    with pytest.raises(OutcomeUnknown):
        job_id_of(holder, 200)


@pytest.mark.parametrize(
    ("text", "number"),
    [("150", 150), ("0", 0), (None, None), ("", None), ("-1", None), ("1.5", None), ("²", None), ("9" * 30, None)],
)
def test_numbers_in_headers(text: str | None, number: int | None) -> None:
    """A header that is none costs nothing but its own meaning."""
    assert whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("1e9", 300.0), ("inf", 300.0), ("nan", 0.0), ("soon", None), (None, None)],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    """Seconds, within reason; also a date, and one in the past is no wait."""
    assert retry_after(text) == seconds
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after("Fri, 31 Dec 9999 23:59:59 GMT") == 300.0


def test_the_payload_is_what_is_sought() -> None:
    """An invoice is found by its own request, whatever its fields hold."""
    odd = payload("N° 7/\u00bd  B", notes='{"')
    assert Sought(odd).in_record(values_of(json.loads(odd.body()))) is Match.YES


def test_a_total_in_cents_is_no_invoice_number() -> None:
    """Somebody else's invoice over 6,500 cents is not our invoice 6500 over $65.00."""
    ours = Sought(payload("6500", cents=6_500))
    theirs = {**BODY, "invoice_number": "A-9", "total_amount_in_cents": 6_500}
    assert ours.in_record(values_of(theirs)) is not Match.YES


@pytest.mark.parametrize(
    "record",
    [
        {**BODY, "invoice_number": "A-9", "invoice_date": "2026-10-01"},
        {**BODY, "invoice_number": "A-9", "billing_period": "2026-10-01"},
        {**BODY, "invoice_number": "A-9", "invoice_id": "2026-10-01"},
        {**BODY, "invoice_number": "A-9", "reference": "2026-10-01"},
    ],
)
def test_a_number_that_looks_like_a_date_is_no_date(record: object) -> None:
    """An invoice called 2026-10-01 is not every invoice of that day, nor whatever else has that value."""
    assert Sought(payload("2026-10-01")).in_record(values_of(record)) is Match.MAYBE
