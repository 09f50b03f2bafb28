"""What is done with ResMan's names besides posting: fetching them, settling one, asking who has not billed, and a
workbook that offers them. The thin stories behind their commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from importer.context import (
    RunContext,
    open_api,
    open_directories,
    open_ledger,
)
from importer.domain.identity import invoice_key
from importer.errors import BadSettings, CannotRun, RequestError
from importer.ledger.accepted_duplicates import posted_bills
from importer.masterdata import (
    Alias,
    Aliases,
    MasterData,
    Record,
    RecordKind,
    Synced,
    fetch,
    folder_of,
)
from importer.masterdata.aliases import load_aliases, settling
from importer.masterdata.cache import Cache
from importer.masterdata.master_data import ago, cache_path
from importer.masterdata.recurring import Awaited, awaited
from importer.masterdata.resolve import FIELD, NOUN
from importer.masterdata.spelling import is_id_like, whole_key
from importer.masterdata.sync import alone_syncing
from importer.propexo.rate_limit import Stopped
from importer.reading.profiles.vendor_profile import load_profiles
from importer.report.workbook.template import Offer, write_template
from importer.runs.template_lists import offered

OFFERS = ("properties", "vendors", "accounts")
PREFIXES = {"prop-": RecordKind.PROPERTY, "vend-": RecordKind.VENDOR, "finacct-": RecordKind.ACCOUNT}


def sync(desk: RunContext, *, everything: bool = False, by_property: bool = False) -> list[Synced]:
    """Fetches ResMan's lists; what was fetched is kept, whatever happens. Empty-handed lists are told as such.

    Raises `CannotRun` where the API cannot be asked to the end, and `KeyboardInterrupt` where somebody stops it; the
    next `sync` goes on from there.
    """
    integration_id = _integration(desk)
    done: list[Synced] = []
    watcher, shown = desk.watcher, [""]

    def moved(name: str, pages: int, total: int) -> None:
        if name != shown[0]:
            shown[0] = name
            watcher.stage(f"Fetching {name.replace('-', ' ')}, pages of 250")
        watcher.moved(pages, total)

    folder = folder_of(desk.settings.home, desk.settings.destination, integration_id)
    with (
        alone_syncing(folder),
        open_ledger(desk, "sync") as ledger,
        open_api(desk, ledger) as api,
        Cache(cache_path(folder)) as cache,
    ):
        fetching = fetch(
            api, cache, integration_id, now=desk.now, moved=moved, everything=everything, by_property=by_property
        )
        try:
            done.extend(fetching)
        except RequestError as error:
            advice = "What was fetched until then is kept: run `sync` again, and it goes on from there."
            raise CannotRun(error.sentence, advice) from error
        except Stopped as error:
            raise KeyboardInterrupt from error
    return done


def aliases(desk: RunContext) -> Aliases:
    """The names that were settled."""
    return load_aliases(_folder(desk))


def _folder(desk: RunContext) -> Path:
    return folder_of(desk.settings.home, desk.settings.destination, _integration(desk))


def settle_name(desk: RunContext, name: str, meant: str, *, profile: str | None) -> Reviewed:
    """Keeps what a name means from now on. `meant` is an id, or exactly what ResMan calls it.

    Raises `CannotRun` where `meant` is nothing that is known, with what is nearest; and where the name is none, or
    is what ResMan itself calls something else: such a decision would send money to another vendor than the file says.
    """
    with _directory(desk) as directory:
        sort, record_id = _meant(directory, meant)
        _is_free(directory, sort, name, record_id)
    alias = Alias(" ".join(name.split()), sort, record_id, profile, desk.who, desk.now())
    with settling(_folder(desk)) as before:
        before.with_one(alias).save()
    return _reviewed(desk, [alias])[0]


def doubt_about(desk: RunContext, field: str, text: str) -> str:
    """Why a text may not be the name of one record of this sort, in a sentence; "" where it is, and where nothing
    is known yet."""
    if desk.settings.integration_id is None:
        return ""
    sort = next(sort for sort, name in FIELD.items() if name == field)
    with _directory(desk) as directory:
        index = None if directory is None else directory.index(sort)
        if directory is None or index is None or index.by_id(text) or directory.aliases.id_of(sort, text, None):
            return ""
        found = index.find(text, None).candidates
        if len(found) == 1:
            return ""
        near = found or index.nearest(text, None)
        named = "; ".join(f"{each.name} ({each.id})" for each in near[:4])
        if found:
            return f"{len(found)} are called {text!r}: {named}. Give the id of the one that is meant."
        return f"ResMan has no {NOUN[sort]} {text!r}." + (f" Nearest: {named}." if named else "")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A decision about a name, what ResMan calls the record, and what is doubtful about it ("" where nothing is)."""

    alias: Alias
    called: str | None
    doubt: str


def reviewed(desk: RunContext) -> list[Reviewed]:
    """Every name that was settled, compared with what was fetched last."""
    return _reviewed(desk, aliases(desk).entries)


def _reviewed(desk: RunContext, entries: Sequence[Alias]) -> list[Reviewed]:
    saved = {known.name for known in load_profiles(desk.settings.profiles)}
    found: list[Reviewed] = []
    with _directory(desk) as directory:
        for each in entries:
            index = None if directory is None else directory.index(each.sort)
            record = None if index is None else index.by_id(each.id)
            doubt = ""
            if index is not None and record is None:
                doubt = "ResMan does not show it any more: settle the name anew."
            elif record is not None and not record.is_active:
                doubt = "It is inactive in ResMan: invoices with it stop."
            elif record is not None and record.is_stale and record.last_seen is not None:
                doubt = f"ResMan last showed it {ago(desk.now(), record.last_seen)}: it may be gone."
            elif each.profile is not None and each.profile not in saved:
                doubt = f"No profile of the name {each.profile!r} is saved here yet."
            found.append(Reviewed(each, None if record is None else record.name, doubt))
    return found


def _is_free(directory: MasterData | None, sort: RecordKind, name: str, record_id: str) -> None:
    if not whole_key(name):
        raise CannotRun(f"{name!r} is no name: it has neither letters nor digits.")
    index = None if directory is None else directory.index(sort)
    if index is None:
        return
    itself = index.by_id(name.strip())
    others = [itself] if itself is not None else list(index.find(name, None).candidates)
    if others and record_id not in [record.id for record in others]:
        called = "; ".join(f"{record.name} ({record.id})" for record in others[:3])
        raise CannotRun(
            f"{name!r} is what ResMan calls {called}.",
            "A name of ResMan's own always means what it says there: correct the file where another is meant.",
        )


def forget_name(desk: RunContext, name: str, *, profile: str | None) -> int:
    """Removes what was settled about a name, for one profile or for all files; returns how many decisions that were."""
    with settling(_folder(desk)) as before:
        after = before.without(name, profile)
        if len(after.entries) < len(before.entries):
            after.save()
        return len(before.entries) - len(after.entries)


@dataclass(frozen=True, slots=True)
class ExpectedBills:
    """What is awaited in a month, with names, and how old the knowledge is."""

    month: date
    bills: tuple[tuple[Awaited, str, str], ...]  # with the vendor's and the property's name
    age: str


def expected(desk: RunContext, *, month: date | None, months: int) -> ExpectedBills:
    """Who billed in the months before and not in this one, by what ResMan held and what was posted from here."""
    day = month or desk.now().date()
    integration_id = _integration(desk)
    with _directory(desk) as directory, open_ledger(desk, "expected") as ledger:
        if directory is None or RecordKind.INVOICE not in directory.fetched:
            raise CannotRun("ResMan's invoices have not been fetched yet.", "Run `invoice-importer sync` once.")
        destination = desk.settings.destination
        bills = {
            key or f"held {place}": bill
            for place, bill in enumerate(directory.billed())
            for key in (
                invoice_key(destination, integration_id, bill.property_id, bill.vendor_id, bill.number)
                if bill.property_id and bill.number
                else "",
            )
        }
        bills |= dict(posted_bills(ledger, destination, None))
        found = awaited(bills.values(), day, months=months)
        named = tuple(
            (
                each,
                _vendor_said(directory, each.vendor_id),
                directory.name_of(RecordKind.PROPERTY, each.property_id) if each.property_id else "property unknown",
            )
            for each in found
        )
        return ExpectedBills(day.replace(day=1), named, directory.age(desk.now()))


def _vendor_said(directory: MasterData, vendor_id: str) -> str:
    record = directory.record(RecordKind.VENDOR, vendor_id)
    is_out = record is not None and not record.is_active
    return directory.name_of(RecordKind.VENDOR, vendor_id) + (" (inactive in ResMan)" if is_out else "")


def template(desk: RunContext, path: Path) -> str:
    """Writes a blank workbook that offers what `sync` fetched; says what it offers. Never over a file that is there."""
    if path.exists():
        raise CannotRun(f"There is a file {path} already.", "Give another name: a filled-in sheet is never replaced.")
    if path.suffix.lower() != ".xlsx":
        raise CannotRun(f"{path} is no name for a workbook.", "Give a name that ends in .xlsx.")
    with _directory(desk) as directory:
        if directory is None or not directory.fetched:
            write_template(path, Offer({}))
            return "Nothing was fetched from ResMan yet, so it offers no names: run `invoice-importer sync` first."
        found = offered(directory)
        counts = ", ".join(f"{len(some):,} {what}" for some, what in zip(found.choices.values(), OFFERS, strict=True))
        fetched = min(directory.fetched.values()).astimezone()
        about = f"The lists are those fetched from ResMan on {fetched:%Y-%m-%d at %H:%M} ({desk.settings.destination})."
        write_template(path, replace(found, about=about))
        return f"It offers {counts}, as fetched from ResMan {directory.age(desk.now())}."


def _meant(directory: MasterData | None, meant: str) -> tuple[RecordKind, str]:
    text = meant.strip()
    found: list[Record] = []
    nearest: list[str] = []
    for sort in NOUN:
        index = None if directory is None else directory.index(sort)
        if index is None:
            continue
        exact = index.by_id(text)
        if exact is not None:
            return sort, exact.id
        candidates = index.find(text, None).candidates
        found.extend(candidates)
        if not candidates:
            nearest += [f"{record.name} ({record.id})" for record in index.nearest(text, None)[:2]]
    if len(found) == 1:
        return found[0].sort, found[0].id
    if found:
        both = "; ".join(f"{record.name} ({NOUN[record.sort]} {record.id})" for record in found[:6])
        raise CannotRun(f"{text!r} may be any of: {both}.", "Give the id of the one that is meant.")
    prefix = next((sort for start, sort in PREFIXES.items() if text.startswith(start)), None)
    if prefix is not None and is_id_like(text) and (directory is None or prefix not in directory.fetched):
        return prefix, text  # nothing was fetched that could say otherwise
    near = f" Nearest: {'; '.join(nearest)}." if nearest else ""
    raise CannotRun(f"{text!r} is nothing that was fetched from ResMan.{near}", "Run `sync` if it is new there.")


@contextmanager
def _directory(desk: RunContext) -> Iterator[MasterData | None]:
    with open_directories(desk) as directory_of:
        yield directory_of(_integration(desk))


def _integration(desk: RunContext) -> str:
    if desk.settings.integration_id is None:
        raise BadSettings(
            "It is not said which ResMan account is meant.",
            "Set PROPEXO_INTEGRATION_ID, or integration_id in importer.toml.",
        )
    return desk.settings.integration_id
