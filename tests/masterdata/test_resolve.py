"""From what a sheet says to one record or none: what is taken, what is asked, and what a decision is worth."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from importer.context import open_directories
from importer.domain.outcome import Run
from importer.errors import BadSettings, CannotRun
from importer.masterdata import (
    Alias,
    Aliases,
    Cache,
    RecordKind,
    resolve,
)
from importer.masterdata.cache import FetchProgress
from importer.masterdata.master_data import cache_path, folder_of
from importer.reading import read_files
from importer.report.terminal import problem_lines
from importer.runs import names
from importer.sandbox import INTEGRATION_ID
from tests.masterdata.office import Office, codes, statuses


@pytest.fixture
def cache(office: Office) -> Iterator[Cache]:
    """What `sync` fetched, open to be added to as ResMan might have it."""
    office.sync()
    settings = office.desk().settings
    with Cache(cache_path(folder_of(settings.home, settings.destination, INTEGRATION_ID))) as opened:
        yield opened


def add(cache: Cache, sort: RecordKind, office: Office, *rows: dict[str, Any]) -> None:
    cache.keep(cache.progress(sort), sort, rows, office.desk().now())


def whole(cache: Cache, office: Office, sort: RecordKind, *left: str) -> None:
    """A whole pass that meets none of the records named."""
    known = [each for each in cache.records(sort) if each.id not in left]
    progress = FetchProgress(sort, cache.progress(sort).number + 1)
    rows = [{"id": each.id, "name": each.name, "x_id": each.x_id, "account_number": each.code} for each in known]
    cache.keep(progress, sort, rows, office.desk().now())
    cache.complete(progress, office.desk().now())


def sent_to(run: Run) -> list[str | None]:
    return [outcome.payload.vendor_id if outcome.payload else None for outcome in run.outcomes]


def messages(run: Run) -> str:
    return "\n".join(problem.message for outcome in run.outcomes for problem in outcome.problems)


def test_every_unknown_name_of_an_invoice_is_told_at_once(office: Office, cache: Cache) -> None:
    """A property that nobody knows hides neither the vendor nor the account that nobody knows."""
    assert cache.fetched(RecordKind.VENDOR)
    run = office.check(office.sheet({"Property": "Mapel Cuort", "Vendor": "GRNLEAF", "GL Account": "Lndscp"}))
    assert [problem.field for problem in run.outcomes[0].problems] == [
        "property_id",
        "vendor_id",
        "financial_account_id",
    ]
    assert codes(run) == [["unknown-name"] * 3]


def test_a_name_that_waits_for_its_property_is_asked_again_where_there_is_none(office: Office, cache: Cache) -> None:
    """Two vendors of one name: at a misspelt property they are not asked about, on a row without property they are."""
    add(cache, RecordKind.VENDOR, office, {"id": "vend-twin1", "name": "Twin"}, {"id": "vend-twin2", "name": "Twin"})
    run = office.check(
        office.sheet(
            {"Property": "Mapel Cuort", "Vendor": "Twin"}, {"Property": "", "Vendor": "Twin", "Invoice #": "8"}
        )
    )
    assert codes(run)[0] == ["unknown-name"]
    assert "ambiguous-name" in codes(run)[1]


def test_two_vendors_of_one_name_are_asked_about_unless_the_property_tells(office: Office, cache: Cache) -> None:
    """The property's own list of vendors settles it; where both or neither are on it, a person does."""
    add(
        cache,
        RecordKind.VENDOR,
        office,
        {"id": "vend-twin1", "name": "Twin Co"},
        {"id": "vend-twin2", "name": "Twin Inc"},
    )
    file = office.sheet({"Vendor": "twin"}, {"Vendor": "Twin", "Property": "WLC", "Invoice #": "8"})
    run = office.check(file)
    assert codes(run) == [["ambiguous-name"], ["ambiguous-name"]]
    assert "vend-twin1" in messages(run)
    assert "vend-twin2" in messages(run)
    cache.keep_usable(cache.progress("vendors/properties/prop-maplecourt"), ["vend-twin2"])
    assert sent_to(office.check(file)) == ["vend-twin2", None]


def test_what_is_one_vendors_name_and_anothers_number_is_nobodys(office: Office, cache: Cache) -> None:
    """A name, an account number and ResMan's own id count alike: "4410" of two vendors is asked about."""
    add(
        cache,
        RecordKind.VENDOR,
        office,
        {"id": "vend-a", "name": "4410"},
        {"id": "vend-b", "name": "B", "x_id": "4410"},
    )
    assert codes(office.check(office.sheet({"Vendor": "4410"}))) == [["ambiguous-name"]]
    add(cache, RecordKind.VENDOR, office, {"id": "vend-c", "name": "vend-a"})
    run = office.check(office.sheet({"Vendor": "vend-a"}))
    assert run.outcomes[0].invoice.vendor_id == "vend-a"  # an id is that very record


def test_a_label_counts_only_where_name_and_id_agree(office: Office, cache: Cache) -> None:
    """ "Turf Works (vend-greenleaf)" is neither of the two."""
    assert cache.fetched(RecordKind.VENDOR)
    run = office.check(
        office.sheet(
            {"Vendor": "Turf Works (vend-turfworks)"}, {"Vendor": "Turf Works (vend-greenleaf)", "Invoice #": "8"}
        )
    )
    assert sent_to(run) == ["vend-turfworks", None]


def test_accounts_and_vendors_of_a_property_are_found_there(office: Office, cache: Cache) -> None:
    """One number, one account at each of two properties: each row gets its own; a third property's stops."""
    for place in ("maplecourt", "willowcreek"):
        row = {"id": f"finacct-{place}", "account_number": "7777", "name": "Own", "property_id": f"prop-{place}"}
        add(cache, RecordKind.ACCOUNT, office, row)
    run = office.check(
        office.sheet(
            *({"Property": place, "GL Account": "7777", "Invoice #": place} for place in ("MPC", "WLC", "OAK"))
        )
    )
    accounts = [[line.financial_account_id for line in outcome.invoice.lines] for outcome in run.outcomes]
    assert accounts[:2] == [["finacct-maplecourt"], ["finacct-willowcreek"]]
    assert statuses(run)[2] == "needs_fixing"


def test_a_number_that_has_lost_its_last_zero_is_asked_about(office: Office, cache: Cache) -> None:
    """A workbook holds 7200.1 where it shows 7200.10; text means what it says, and 7200.5 is no 72-005."""
    import openpyxl

    for at, code in enumerate(("7200.1", "7200.10", "72-005", "72.25")):
        add(cache, RecordKind.ACCOUNT, office, {"id": f"finacct-dot{at}", "account_number": code, "name": f"Dot {at}"})
    typed = [7200.10, "7200.10", "7200.1", 7200.5, 72.25]
    plain = office.sheet(*({"GL Account": "", "Invoice #": f"D-{at}"} for at in range(len(typed))))
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    with plain.open(encoding="utf-8") as stream:
        for row in csv.reader(stream):
            sheet.append(row)
    for at, shown in enumerate(typed):
        sheet.cell(at + 2, 9, shown).number_format = "0.00"
    book.save(path := plain.with_suffix(".xlsx"))
    run = office.check(path)
    assert codes(run) == [["ambiguous-name"], [], [], ["unknown-name"], []]
    sent = [[line.financial_account_id for line in outcome.invoice.lines] for outcome in run.outcomes]
    assert sent == [[None], ["finacct-dot1"], ["finacct-dot0"], [None], ["finacct-dot3"]]


def test_a_bill_that_stands_twice_under_two_spellings_is_told(office: Office, cache: Cache) -> None:
    """Without a total in the sheet, one bill of double the amount comes of it; two equal lines of one spelling, and
    lines that differ elsewhere, are as they were."""
    assert cache.fetched(RecordKind.VENDOR)
    head = "Property,Vendor,Invoice #,Bill Date,Due Date,Notes,Memo,GL Account,Line Amount,Visit"
    rest = "2026-11-02,2026-11-30,n,m"
    rows = (
        f"Maple Court Apartments,Turf Works,A-1,{rest},6105,100.00,1",
        f"MPC,Turf Works,A-1,{rest},6105,100.00,1",
        f"MPC,Turf Works,A-2,{rest},6105,70.00,1",
        f"MPC,Turf Works,A-2,{rest},6105 Landscape Contract,70.00,1",
        f"MPC,Turf Works,A-3,{rest},6105,70.00,1",
        f"MPC,Turf Works,A-3,{rest},6105 Landscape Contract,70.00,2",
    )
    file = office.home / "twice.csv"
    file.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    run = office.check(file)
    found = [[each for each in told if each == "repeated-row"] for told in codes(run)]
    assert found == [["repeated-row"], ["repeated-row"], []]
    assert "Row 3 says the same as row 2" in messages(run)


def test_a_decision_is_worth_what_it_points_at(office: Office, cache: Cache) -> None:
    """Its vendor turned inactive, or is gone from ResMan: the invoice stops and says so, and so does the list."""
    names.settle_name(office.desk(), "Our gardener", "vend-greenleaf", profile=None)
    file = office.sheet({"Vendor": "our GARDENER"})
    assert sent_to(office.check(file)) == ["vend-greenleaf"]
    add(cache, RecordKind.VENDOR, office, {"id": "vend-greenleaf", "name": "Greenleaf", "is_active": False})
    assert codes(office.check(file)) == [["inactive-record"]]
    assert "inactive" in names.reviewed(office.desk())[0].doubt
    whole(cache, office, RecordKind.VENDOR, "vend-greenleaf")
    run = office.check(file)
    assert (statuses(run), codes(run)) == (["needs_fixing"], [["unknown-name"]])
    assert 'alias "our GARDENER"' in messages(run)
    assert "does not show it" in names.reviewed(office.desk())[0].doubt


def test_where_several_are_as_near_no_command_names_one_of_them(office: Office, cache: Cache) -> None:
    """The first of equals would be followed; of many names the rest is counted, without money counted several times."""
    assert cache.fetched(RecordKind.VENDOR)
    rows = [{"GL Account": f"Zz{n} Kk{n}", "Invoice #": f"A-{n}00"} for n in range(9)]
    run = office.check(office.sheet({"GL Account": "Repairs"}, *rows))
    (one,) = [each for each in run.unknown_names if each.name == "Repairs"]
    assert len(one.nearest) > 1
    assert one.remedy == 'invoice-importer alias "Repairs" ID'
    assert 'Repairs" ID`' in messages(run)
    more = [line.text for line in problem_lines(replace(run, destination="sandbox")) if "more name" in line.text]
    assert more == ["  and 2 more names"]
    advice = [line.text for line in problem_lines(replace(run, destination="sandbox")) if "for good" in line.text]
    assert all("alias --sandbox " in line for line in advice)


def test_a_profiles_decision_about_what_is_gone_is_settled_anew_for_that_profile(office: Office, cache: Cache) -> None:
    """Without the profile, the advice would be followed and change nothing."""
    at = office.desk().now()
    Aliases(
        names.aliases(office.desk()).path, [Alias("gardener", RecordKind.VENDOR, "vend-gone", "acme", "c", at)]
    ).save()
    with open_directories(office.desk()) as directory_of:
        reading = read_files([office.sheet({"Vendor": "Gardener"})], integration_id=INTEGRATION_ID)
        source = replace(reading.invoices[0].source, profile="acme")
        invoice = reading.invoices[0]
        rows = tuple(row._replace(source=source) for row in invoice.rows)
        found = resolve(replace(reading, invoices=(invoice._replace(rows=rows),)), directory_of, now=at)
    assert found.unknown[0].remedy == 'invoice-importer alias "Gardener" ID --profile "acme"'
    assert "ID --profile" in (found.reading.invoices[0].problems[0].advice or "")


def test_a_decision_that_resman_has_overtaken_is_told(office: Office, cache: Cache) -> None:
    """The clerk settled "Gardens Inc" as Greenleaf; later ResMan gets a vendor of that very name. The decision counts,
    and every bill that it sends says so."""
    names.settle_name(office.desk(), "Gardens", "vend-greenleaf", profile=None)
    add(cache, RecordKind.VENDOR, office, {"id": "vend-new", "name": "Gardens, Inc."})
    run = office.check(office.sheet({"Vendor": "Gardens"}))
    assert (sent_to(run), codes(run)) == (["vend-greenleaf"], [["overruled-name"]])
    assert "vend-new" in messages(run)


@pytest.mark.parametrize("name", ["Turf Works", "TW-0091", "vend-turfworks", "", " – "])
def test_a_name_of_resmans_own_cannot_be_settled_otherwise(name: str, office: Office, cache: Cache) -> None:
    """Neither another vendor's name, number or id, nor nothing at all, may come to mean Greenleaf."""
    assert cache.fetched(RecordKind.VENDOR)
    with pytest.raises(CannotRun, match=r"is what ResMan calls|is no name"):
        names.settle_name(office.desk(), name, "vend-greenleaf", profile=None)
    assert names.aliases(office.desk()).entries == []


def test_a_decision_edited_by_hand_into_no_name_settles_nothing(office: Office, cache: Cache) -> None:
    """Every cell that holds a mere mark would be that vendor."""
    kept = names.settle_name(office.desk(), "gardener", "vend-greenleaf", profile=None).alias
    path = names.aliases(office.desk()).path
    path.write_text(path.read_text("utf-8").replace(kept.name, "-"), "utf-8")
    assert cache.fetched(RecordKind.VENDOR)
    assert codes(office.check(office.sheet({"Vendor": "#"}))) == [["missing-value"]]


@pytest.mark.parametrize(
    "damage",
    [
        'alias = ["x"]',
        "alias = 5",
        "[[alias]]",
        '[[alias]]\nname = "a"\nlist = "vendor"\nid = "vend-1"\nat = 2026-03-31T00:00:00Z',
        '[[alias]]\nname = "a"\nlist = "vendors"\nid = "vend-1"\nat = "yesterday"',
        'name = "\\ud83d\\ude00"',
        "\x00",
    ],
)
def test_damaged_decisions_stop_names_in_a_sentence_and_ids_not_at_all(
    damage: str, office: Office, cache: Cache
) -> None:
    """It names the file and how to mend it."""
    assert cache.fetched(RecordKind.VENDOR)
    path = names.aliases(office.desk()).path
    path.write_text(damage, encoding="utf-8")
    row = {"Property": "prop-maplecourt", "Vendor": "vend-greenleaf", "GL Account": "finacct-6105"}
    assert statuses(office.check(office.sheet(row))) == ["ready"]
    for told in (lambda: office.check(office.sheet({})), lambda: names.aliases(office.desk())):
        with pytest.raises(BadSettings, match=r"aliases\.toml cannot be read: .*\[\[alias\]\]"):
            told()
    with pytest.raises(BadSettings):
        names.settle_name(office.desk(), "gardener", "vend-greenleaf", profile=None)
    assert path.read_text("utf-8") == damage


def test_names_settled_at_the_same_time_are_all_kept(office: Office, cache: Cache) -> None:
    """Each decision is read, added and written by one at a time."""
    assert cache.fetched(RecordKind.VENDOR)
    with ThreadPoolExecutor(8) as pool:
        done = [
            pool.submit(names.settle_name, office.desk(), f"gardener {n}", "vend-greenleaf", profile=None)
            for n in range(12)
        ]
    assert [each.result().doubt for each in done] == [""] * 12
    assert len(names.aliases(office.desk()).entries) == 12


def test_damage_beside_the_cache_is_said_in_a_sentence(office: Office, cache: Cache) -> None:
    """A lock that is no database, and a name that is no text."""
    lock = names.aliases(office.desk()).path.with_name("syncing.sqlite3")
    lock.write_bytes(b"no database at all " * 400)
    with pytest.raises(CannotRun, match=r"syncing\.sqlite3 is damaged.*Delete that file"):
        office.sync()
    with closing(sqlite3.connect(cache_path(lock.parent))) as database:
        database.execute("UPDATE records SET name = x'ff00' WHERE id = 'vend-greenleaf'")
        database.commit()
    with pytest.raises(CannotRun, match=r"fetched\.sqlite3: .*Delete that file"):
        office.check(office.sheet({}))
