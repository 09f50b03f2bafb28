"""Which words of a failure free an invoice: a table of those, and of whatever else may be said."""

from __future__ import annotations

import pytest

from importer.ledger.refusals import Refusal, refusal_of
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.sending.follow import follow, retry_failed
from importer.sending.send import send
from tests.sending.made import (
    PLACE,
    Truth,
    api,
    at_work,
    entry,
    events,
    intent,
)

DEFINITE = {
    "Vendor not found": Refusal.VENDOR,
    "ResMan: Unknown vendor 'vend-0042'": Refusal.VENDOR,
    "Vendor Evergreen Grounds & Snow, Inc. is inactive": Refusal.VENDOR,
    "GL account 5020-10 does not exist.": Refusal.ACCOUNT,
    "GL account not found: finacct-5020": Refusal.ACCOUNT,
    "Accounting period 09/2026 is closed for property STB": Refusal.CLOSED_PERIOD,
    "Cannot post to a closed period": Refusal.CLOSED_PERIOD,
    "Invoice validation failed: invoice_date is required; due_date is required": Refusal.VALIDATION,
    "400 Bad Request: Validation failed": Refusal.VALIDATION,
    "The invoice was rejected. Notes must be 100 characters or fewer.": Refusal.VALIDATION,
    "Property not found": Refusal.PROPERTY,
    "Duplicate invoice number INV-77 for this vendor": Refusal.DUPLICATE,
    "An invoice with this number already exists": Refusal.DUPLICATE,
}

OPEN = (
    "", " ", "Error", "Failure", "failed", "null", "[object Object]", "undefined", "Unknown error", "Unknown",
    "An unexpected error occurred", "An unexpected error occurred while saving the invoice", "Something went wrong",
    "Internal server error", "Request to ResMan timed out after 30000 ms", "ESOCKETTIMEDOUT", "socket hang up",
    "read ECONNRESET", "Connection closed", "closed connection", "The connection was closed", "Connection refused",
    "502 Bad Gateway", "invalid gateway response", "Gateway rejected the invoice", "503", "Service unavailable",
    "Validation timed out", "Validation service unavailable", "Could not validate the vendor", "Validation pending",
    "Validation was skipped: no answer", "Validation failed, but the invoice was saved",
    "Validation failed after the invoice was created", "No validation errors", "Validation succeeded; saving failed",
    "Validation failed: upstream connect error", "Validation failed; request timed out", "invalid session",
    "Invalid response from ResMan", "Invalid token", "Invalid state", "Vendor lookup failed",
    "Vendor service not found",
    "Vendor lookup timed out", "Vendor could not be locked", "Vendor not found in cache, retrying",
    "Unknown vendor state", "Vendor endpoint is inactive", "Vendor not found: gateway time-out", "Account locked",
    "Account session closed", "GL account sync pending", "Unknown account status", "Account: 504",
    "Period lookup failed",
    "The period is not closed", "Period may be closed", "Accounting period could not be read", "Closed",
    "The period closed while saving", "Duplicate request", "Duplicate key: deadlock", "Duplicate job suppressed",
    "Not a duplicate", "Invoice already exists, updated", "Job aborted", "Job cancelled by operator",
    "Lock wait exceeded",
    "Deadlock found, try restarting transaction", "Rate limit exceeded", "Too many requests", "Unauthorized",
    "Session expired", "Could not parse the answer", "Unexpected token < in JSON at position 0", "Partial write",
    "Invoice saved, attachment refused", "Die Rechnung wurde nicht gespeichert", "Périod fermée", "error 0x80004005",
    "The invoice was rejected", "ResMan rejected the invoice; reason unknown", "Please try again later",
    "Property", "Vendor", "GL account 5020", "Integration not found", "Vendor not found?", "maybe: Vendor not found",
)  # fmt: skip


@pytest.mark.parametrize(("words", "kind"), DEFINITE.items())
def test_definite_refusals(words: str, kind: Refusal) -> None:
    """Each is known for what it is, however it is dressed up."""
    assert refusal_of([words]) is kind
    assert refusal_of([f"  Error: {words.upper()} "]) is kind


@pytest.mark.parametrize("words", OPEN)
def test_whatever_else_is_said_proves_nothing(words: str) -> None:
    """Alone, and beside a refusal."""
    assert refusal_of([words]) is None
    assert refusal_of(["Vendor not found", words]) in (
        None,
        Refusal.VENDOR if words == "The invoice was rejected" else None,
    )


def test_no_words_prove_nothing() -> None:
    """A failure without errors is none of which anything is known."""
    assert refusal_of([]) is None


def test_what_the_settings_add() -> None:
    """Whole phrases, with names in them; a name is no place for doubts to hide."""
    more = ("Cost center * is closed", "Budget exceeded.")
    assert refusal_of(["ResMan: cost center North 7 is closed."], more) is Refusal.SETTINGS
    assert refusal_of(["Budget exceeded"], more) is Refusal.SETTINGS
    assert refusal_of(["Cost center lookup timed out, connection is closed"], more) is None
    assert refusal_of(["Budget exceeded"]) is None


def test_only_definite_refusals_are_written_again(store: Store, truth: Truth) -> None:
    """Of all these wordings, `status --retry` asks again for the definite ones alone, but for duplicates; the others
    are in doubt, and nothing of them is sent."""
    ledger = at_work(store, "mine")
    words = [*DEFINITE, *OPEN]
    ones = [intent(f"W-{index}") for index in range(len(words))]
    truth.behaves(pending=3600)
    with api(store, truth.url) as asked:
        send(ledger, asked, PLACE, ones, plan=None, stop=asked.stop, progress=lambda _done, _all: None)
        for one, said in zip(ones, words, strict=True):
            truth.ends(entry(ledger, one).job_id or "", "FAILURE", *([said] if said else []))
        follow(ledger, asked, PLACE)
        found = {said: entry(ledger, one) for one, said in zip(ones, words, strict=True)}
        assert {said: each.refusal for said, each in found.items() if each.state is State.FAILED} == DEFINITE
        assert {each.state for each in found.values()} == {State.FAILED, State.IN_DOUBT}
        retry_failed(ledger, asked, PLACE, run=None, stop=asked.stop, progress=lambda _done, _all: None)
        follow(ledger, asked, PLACE)
    again = [said for one, said in zip(ones, words, strict=True) if Event.RETRY_INTENT in events(ledger, one)]
    assert again == [said for said, kind in DEFINITE.items() if kind is not Refusal.DUPLICATE]
    retried = [each for each in truth.requests() if "retry-write" in str(each["path"])]
    assert len(retried) == len(again)
    assert len(truth.posted()) == len(words)
