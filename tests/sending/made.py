"""Invoices, ledgers and places for them, in a few words."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import select, update

from importer.domain.invoice import Row, Source
from importer.domain.payload import Body, Payload, PayloadLine
from importer.ledger.entries import LedgerEntry, PlannedPost
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store
from importer.ledger.states import Event, State
from importer.ledger.tables import INVOICES, RUNS
from importer.propexo.client import Api
from importer.propexo.exchange_deadline import StillValid
from importer.propexo.rate_limit import Pace
from importer.sandbox import INTEGRATION_ID, TOKEN
from importer.sending.send import SendResult, send
from tests.clock import CLOCK

PLACE = "https://api.example"
"""The destination of every test's invoices."""

POST = "/v1/invoices/resman/"


def payload(number: str = "INV-1", *, cents: int = 12_500, **changes: Any) -> Payload:
    """$125.00 for a kitchen sink, which the stand-in's ResMan takes."""
    plain = Body(
        integration_id=INTEGRATION_ID,
        property_id="prop-maplecourt",
        vendor_id="vend-greenleaf",
        invoice_number=number,
        invoice_date=date(2026, 10, 1),
        due_date=date(2026, 10, 31),
        notes="Grounds maintenance",
        memo="October service",
        total_amount_in_cents=cents,
        invoice_items=(
            PayloadLine(
                financial_account_id="finacct-6105", quantity_ordered=1, unit_price_in_cents=cents, notes="Kitchen sink"
            ),
        ),
    )
    return Payload.of(replace(plain, **changes))


def intent(number: str = "INV-1", *, cents: int = 12_500, **changes: object) -> PlannedPost:
    """One invoice that is to be sent."""
    body = payload(number, cents=cents, **changes)
    return PlannedPost(body.key(PLACE), body, rows_of("october.csv", 2))


def rows_of(file: str, *numbers: int) -> tuple[Row, ...]:
    """Rows of an input file, as far as the ledger keeps them."""
    source = Source(file, None, 1, (), {})
    return tuple(Row(source, number, ()) for number in numbers)


def at_work(store: Store, run: str) -> Ledger:
    """The ledger as a run sees it that is open and alive."""
    ledger = Ledger(store, run, f"{run}@desk", "desk", CLOCK.now)
    ledger.open_run(command="submit", destination=PLACE, started=CLOCK.now(), files=[{"name": "october.csv"}])
    return ledger


def dies(ledger: Ledger) -> None:
    """The run is no more: nobody renews its lease, and the last one has lapsed."""
    with ledger.transaction() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == ledger.run).values(lease_until=1.0))


def entry(ledger: Ledger, one: PlannedPost) -> LedgerEntry:
    """How the invoice stands."""
    return ledger.standing([one.key])[one.key]


def state(ledger: Ledger, one: PlannedPost) -> State:
    """In which state it is."""
    return entry(ledger, one).state


def events(ledger: Ledger, one: PlannedPost) -> list[str]:
    """What was ever noted beside it."""
    return [str(each["event"]) for each in ledger.attempts(one.key)]


def sends(ledger: Ledger, one: PlannedPost, answer: Event | None = None, job: str | None = None) -> None:
    """Claims the invoice, writes the intent, and where there is one, the answer."""
    assert ledger.claim(PLACE, [one]).owned == {one.key}
    assert ledger.record(Event.INTENT, one.key, plan="sha256:plan")
    if answer is not None:
        assert ledger.record(answer, one.key, job_id=job, said=None if job else "said the API")


def owners(store: Store) -> dict[str, str | None]:
    """Who owns what."""
    with store.durable.connect() as connection:
        rows = connection.execute(select(INVOICES.c.invoice_number, INVOICES.c.owner)).all()
        return {row.invoice_number: row.owner for row in rows}


@dataclass(frozen=True, slots=True)
class Truth:
    """The stand-in behind its scenes."""

    url: str

    def fails(self, *faults: dict[str, object] | str, path: str = POST) -> None:
        """The next requests there go wrong, in this order."""
        rules = [{"path": path, **({"fault": each} if isinstance(each, str) else each)} for each in faults]
        self._post("faults", rules)

    def behaves_well(self) -> None:
        """Nothing goes wrong any more."""
        httpx.delete(f"{self.url}/_sandbox/faults", verify=False).raise_for_status()  # noqa: S501 -- loopback

    def behaves(self, **changes: object) -> None:
        """It behaves otherwise from now on."""
        self._post("behaviour", changes)

    def ends(self, job: str, write_status: str, *errors: str, kept: bool = False) -> None:
        """The job ends now, and thus."""
        self._post(f"job/{job}", {"write_status": write_status, "errors": errors, "kept": kept})

    def posted(self) -> list[dict[str, object]]:
        """Every accepted POST."""
        return self._get("posted")

    def requests(self) -> list[dict[str, object]]:
        """Every request."""
        return self._get("requests")

    def _post(self, name: str, content: object) -> None:
        httpx.post(f"{self.url}/_sandbox/{name}", json=content, verify=False).raise_for_status()  # noqa: S501 -- loopback

    def _get(self, name: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = httpx.get(f"{self.url}/_sandbox/{name}", verify=False).json()  # noqa: S501 -- loopback
        return rows


PATIENT = httpx.Timeout(5.0)
SHORT = httpx.Timeout(connect=2.0, read=0.3, write=0.3, pool=0.3)
"""So that a silence is over soon."""


def api(
    store: Store,
    url: str,
    *,
    token: str = TOKEN,
    timeout: httpx.Timeout = PATIENT,
    longest: float = 5.0,
    connections: int = 64,
    window: float = 0.2,
    stop: threading.Event | None = None,
) -> Api:
    """The API at that address, with budget enough, and pauses that are soon over."""
    pace = Pace(store, PLACE, 100_000, window)
    return Api(url, SecretStr(token), pace, stop or threading.Event(), timeout, longest, connections)


def post(of: Api, one: PlannedPost) -> str:
    """Posts an invoice in a turn of its own; its job id."""
    with of.pace.turn(of.stop) as turn:
        return of.create_invoice(one.payload.body(), turn, StillValid())


def send_one(ledger: Ledger, to: Api, one: PlannedPost) -> SendResult:
    """Sends one invoice as `submit` does."""
    return send(ledger, to, PLACE, [one], plan="sha256:plan", stop=to.stop, progress=lambda _done, _all: None)
