"""What a clerk, or a script, sees of ResMan's names: what was fetched, what was settled, who has not billed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from importer.cli.rendering import INTERRUPTED, print_json
from importer.cli.saying import say
from importer.context import RunContext
from importer.domain.money import dollars
from importer.masterdata import RecordKind, Synced
from importer.masterdata.resolve import NOUN
from importer.runs import names
from importer.workbook_format.layout import tidy_text

TITLES = {
    RecordKind.PROPERTY: "Properties",
    RecordKind.ACCOUNT: "GL accounts",
    RecordKind.ENTITY: "Accounting entities",
    RecordKind.VENDOR: "Vendors",
    RecordKind.INVOICE: "Invoices",
}


def print_synced(done: Sequence[Synced], desk: RunContext, *, as_json: bool) -> int:
    """A line for each list, those of single properties together."""
    desk.watcher.end()
    if as_json:
        lists = [
            {
                "list": str(each.list),
                "known": each.known,
                "fetched": each.fetched,
                "requests": each.requests,
                "whole": each.is_whole,
                "short_by": each.short_by,
            }
            for each in done
        ]
        print_json({"command": "sync", "lists": lists})
        return INTERRUPTED if desk.stop.is_set() else 0
    for each in done:
        title = next((title for sort, title in TITLES.items() if sort == each.list), None)
        if title is not None:
            what = "fetched" if each.is_whole else "new or changed"
            say(f"{title + ':':<21}{each.known:>9,} known, {each.fetched:,} {what} ({_requests(each.requests)})")
    single = [each for each in done if each.list not in tuple(RecordKind)]
    if single:
        requests = sum(each.requests for each in single)
        say(f"{'Vendors by property:':<21}{len(single):>9,} properties ({_requests(requests)})")
    short = sum(each.short_by for each in done)
    if short:
        say(f"The API speaks of {short:,} more records than it gave. Run `sync --full` to look again.", err=True)
    return 0


def run_alias(
    desk: RunContext, name: str | None, meant: str | None, *, profile: str | None, remove: bool, as_json: bool
) -> int:
    """Lists, settles, or forgets."""
    if name is None:
        return _list(names.reviewed(desk), as_json=as_json)
    if remove:
        if names.forget_name(desk, name, profile=profile):
            say(f"{name!r} is no longer settled.", err=True)
            return 0
        for one in names.aliases(desk).about(name):
            where = (
                f"the profile {one.profile}: add --profile {one.profile}" if one.profile else "all files, no profile"
            )
            say(f"{name!r} is settled for {where}.", err=True)
        say(f"Nothing was settled about {name!r}{' for that profile' if profile else ''}.", err=True)
        return 1
    if meant is None:
        raise click.UsageError("Say what it means: an id, or what ResMan calls it exactly. --remove forgets a name.")
    kept = names.settle_name(desk, name, meant, profile=profile)
    say(_described(kept), err=True)
    return 0


def print_expected(found: names.ExpectedBills, *, as_json: bool) -> int:
    """Who has not billed, the most money first."""
    if as_json:
        bills = [
            {
                "vendor_id": each.vendor_id,
                "vendor": vendor,
                "property_id": each.property_id,
                "property": place,
                "months": each.months,
                "usual_amount_in_cents": each.usual,
                "last_invoice_number": each.last_number,
                "last_invoice_date": each.last_date.isoformat(),
            }
            for each, vendor, place in found.bills
        ]
        print_json({"command": "expected", "month": f"{found.month:%Y-%m}", "bills": bills})
        return 0
    if not found.bills:
        say(f"Nobody is awaited in {found.month:%B %Y}: who billed regularly in the months before has billed.")
    else:
        total = dollars(sum(each.usual for each, _, _ in found.bills))
        say(f"Not billed yet in {found.month:%B %Y}: {len(found.bills):,}, usually {total} together")
    for each, vendor, place in found.bills:
        last = f"last {each.last_number or 'without a number'} of {each.last_date}"
        say(tidy_text(f"  {vendor}, {place}: usually {dollars(each.usual)}, {last}"))
    say(f"By what was fetched from ResMan {found.age}, and what was posted from here.", err=True)
    return 0


def _list(entries: Sequence[names.Reviewed], *, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "command": "alias",
                "aliases": [
                    {
                        "name": each.alias.name,
                        "list": str(each.alias.sort),
                        "id": each.alias.id,
                        "called": each.called,
                        "profile": each.alias.profile,
                        "who": each.alias.who,
                        "at": each.alias.at.isoformat(),
                        "doubt": each.doubt or None,
                    }
                    for each in entries
                ],
            }
        )
        return 0
    for line in map(_described, entries) if entries else ["No name was settled yet."]:
        say(line)
    return 0


def _described(one: names.Reviewed) -> str:
    alias = one.alias
    what = f"{NOUN.get(alias.sort, alias.sort)} {alias.id if one.called is None else f'{one.called} ({alias.id})'}"
    where = f", in files read with the profile {alias.profile}" if alias.profile else ""
    return tidy_text(f"{alias.name!r} is the {what}{where} ({alias.who}, {alias.at:%Y-%m-%d}). {one.doubt}".rstrip())


def _requests(count: int) -> str:
    return f"{count:,} request{'' if count == 1 else 's'}"
