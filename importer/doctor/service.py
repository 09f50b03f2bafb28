"""Propexo's API as this machine meets it, the ResMan accounts behind it, and what was fetched from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from importer.context import RunContext, open_directories
from importer.doctor.finding import Finding, look, ok, untold, wrong
from importer.errors import AccessDenied, BadSettings, CannotRun, LedgerUnavailable, NotSent, RateLimited, RequestError
from importer.ledger.ledger import Ledger
from importer.ledger.schema import Store, open_store
from importer.masterdata import RecordKind
from importer.masterdata.master_data import ago
from importer.propexo.answers import Integration
from importer.propexo.client import Api, Probe
from importer.propexo.rate_limit import Pace, Stopped

SLOW = 5.0
"""Seconds; the API holds its answers back for two where much of its budget is used. Contract, "Rate limits"."""

CLOCKS_APART = timedelta(seconds=60)
SYNC_OVERDUE = timedelta(hours=36)
"""Propexo fetches from ResMan every 12 hours by default. Contract, "Create an invoice in ResMan"."""

NEEDED = (RecordKind.PROPERTY, RecordKind.VENDOR, RecordKind.ACCOUNT, RecordKind.INVOICE)
"""The lists without which names, or bills that ResMan holds already, are not known."""

FETCHED_LONG_AGO = timedelta(days=7)


def api_findings(desk: RunContext, ledger: Ledger | None) -> tuple[list[Finding], list[Integration]]:
    """What one request shows, and the accounts that it told of."""
    settings = desk.settings
    try:
        try:
            probe = _probe(desk, ledger)
        except LedgerUnavailable:  # a ledger that cannot be written is told elsewhere
            probe = _probe(desk, None)
    except BadSettings:
        return [untold("API", f"{settings.url} is not asked without a token.")], []
    except Stopped:
        raise KeyboardInterrupt from None
    except RequestError as error:
        return [_of_failure(settings.url, error)], []
    said = f"{settings.url} takes the token, and answers in {probe.seconds:.1f} s."
    slow = look("API", said, "Where that stays so, ask who else uses the account, or look at the network.")
    found = [ok("API", said) if probe.seconds < SLOW else slow]
    if probe.clock is not None:
        found.append(of_clock(desk.now(), probe.clock))
    return [*found, *of_integrations(probe.integrations, settings.integration_id, desk.now())], [*probe.integrations]


def _probe(desk: RunContext, ledger: Ledger | None) -> Probe:
    settings = desk.settings
    token = settings.find_token()
    with _store(ledger) as store:
        pace = Pace(store, settings.destination, settings.rate_limit, settings.rate_window_seconds)
        with Api(settings.url, token, pace, desk.stop) as api:
            return api.probe()


@contextmanager
def _store(ledger: Ledger | None) -> Iterator[Store]:
    """Where the pace is kept: in the ledger, or where that cannot be used, in one of this moment."""
    if ledger is not None:
        yield ledger.store
        return
    with TemporaryDirectory() as folder, closing(open_store(f"sqlite:///{Path(folder) / 'pace.sqlite3'}")) as store:
        yield store


def _of_failure(url: str, error: RequestError) -> Finding:
    if isinstance(error, RateLimited):
        return look("API", f"{url} answers, and asks for a pause (429).", "Somebody uses up the account's budget.")
    if isinstance(error, AccessDenied):
        return wrong("Token", error.sentence, error.advice)
    if isinstance(error, NotSent):
        return wrong("API", f"{url} cannot be reached: {error.__cause__ or error}.", error.advice)
    return wrong("API", f"{url}: {error.sentence}", error.advice or "Try again later, or correct the address.")


def of_clock(ours: datetime, theirs: datetime) -> Finding:
    """Bill dates, leases and pauses are reckoned by the clock."""
    ahead = ours - theirs
    if abs(ahead) <= CLOCKS_APART:
        return ok("Clock", "It agrees with the API's.")
    minutes, way = abs(ahead).total_seconds() / 60, "ahead of" if ahead > timedelta(0) else "behind"
    return look(
        "Clock", f"This machine's clock is {minutes:,.0f} minutes {way} the API's.", "Have it set by a time server."
    )


def of_integrations(known: Sequence[Integration], wanted: str | None, now: datetime) -> Iterator[Finding]:
    """Whether the ResMan account of the settings is one of this token's, at work, and brought up to date."""
    if wanted is None:
        listed = ", ".join(each.id for each in known) or "none"
        yield ok("Account", f"None is set, so that each file must name its own. This token has: {listed}.")
        return
    found = next((each for each in known if each.id == wanted), None)
    if found is None:
        listed = ", ".join(each.id for each in known) or "none"
        yield wrong("Account", f"This token has no account {wanted}; it has: {listed}.", "Correct integration_id.")
        return
    if found.vendor is not None and found.vendor.upper() != "RESMAN":
        yield wrong("Account", f"{wanted} is no ResMan account, but {found.vendor}.", "Correct integration_id.")
    elif found.active is False:
        yield wrong("Account", f"{wanted} is switched off in Propexo.", "Ask whoever manages Propexo.")
    elif found.last_completed_sync is not None and now - found.last_completed_sync > SYNC_OVERDUE:
        said = f"Propexo last fetched from {wanted} {ago(now, found.last_completed_sync)}."
        yield look("Account", said, "What became of invoices is told later; ask whoever manages Propexo.")
    else:
        yield ok("Account", f"{wanted} is a ResMan account of this token.")


def name_findings(desk: RunContext, integrations: Sequence[str]) -> Iterator[Finding]:
    """How old is what `sync` has fetched, for each account."""
    with open_directories(desk) as directory_of:
        for each in integrations:
            try:
                directory = directory_of(each)
            except CannotRun as error:
                yield wrong("Names", error.sentence, error.advice)
                continue
            fetched = [] if directory is None else [directory.fetched.get(sort) for sort in NEEDED]
            oldest = min((at for at in fetched if at is not None), default=None)
            if oldest is None or None in fetched:
                said = f"Of {each} nothing was fetched yet, or not all of it: names do not stand in for ids."
                yield look("Names", said, "Run `invoice-importer sync`.")
            elif desk.now() - oldest > FETCHED_LONG_AGO:
                said = f"What is known of {each} was fetched {ago(desk.now(), oldest)}."
                yield look("Names", said, "Run `invoice-importer sync`; better still, every night.")
            else:
                yield ok("Names", f"What is known of {each} was fetched {ago(desk.now(), oldest)}.")
