"""Names from end to end: real files, a real stand-in on loopback, real caches and ledgers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console, RenderableType

from importer.domain.outcome import Status
from importer.domain.unresolved import alias_command
from importer.errors import CannotRun
from importer.report import as_json, summary, write_workbook
from importer.runs import names
from importer.runs.follow_up import follow_up
from importer.workbook_format.layout import SUMMARY
from tests.clock import CLOCK
from tests.masterdata.office import Office, codes, statuses

WRITTEN = (
    ("Maple Court Apartments", "Greenleaf Landscaping", "6105", "prop-maplecourt", "vend-greenleaf"),
    ("wlc", "EVERGREEN GROUNDS AND SNOW INC", "Snow Removal", "prop-willowcreek", "vend-evergreen"),
    ("Residences at Lakeside", "CP-99", "6150 - Pool Service", "prop-lakeside", "vend-clearpool"),
    ("prop-oakridge", "vend-citypower", "finacct-6405", "prop-oakridge", "vend-citypower"),
    ("CEDAR POINT  TOWNHOMES", "Joe", "6210", "prop-cedarpoint", "vend-rapidrooter"),
)


def plainly(told: RenderableType) -> str:
    console = Console(width=400, no_color=True)
    with console.capture() as captured:
        console.print(told)
    return captured.get()


def test_a_file_with_only_names_and_codes_posts_with_the_right_ids(office: Office) -> None:
    """Names, codes, account numbers, ResMan's ids and an alias, in any spelling: what is sent has ids alone."""
    office.sync()
    names.settle_name(office.desk(), "JOE", "Rapid Rooter Plumbing", profile=None)
    file = office.sheet(
        *(
            {"Property": place, "Vendor": vendor, "GL Account": account, "Invoice #": f"N-{at}00"}
            for at, (place, vendor, account, _, _) in enumerate(WRITTEN)
        )
    )
    run = office.submit(file)
    assert statuses(run) == ["posted"] * len(WRITTEN)
    sent = [(one["property_id"], one["vendor_id"]) for one in office.posted()]
    assert sorted(sent) == sorted((place, vendor) for _, _, _, place, vendor in WRITTEN)
    accounts = {line["financial_account_id"] for one in office.posted() for line in one["invoice_items"]}
    assert accounts == {"finacct-6105", "finacct-6120", "finacct-6150", "finacct-6405", "finacct-6210"}
    cells = [outcome.invoice.cell_text("property_id") for outcome in run.outcomes]
    assert cells == [place for place, *_ in WRITTEN]  # the report still says what the clerk wrote


def test_five_misspelt_names_make_five_groups_and_the_rest_is_posted(office: Office) -> None:
    """Each is named once with what it holds up and with what is nearest, most money first; none is taken by itself."""
    office.sync()
    misspelt = (
        ("Vendor", "Greenlef Landscapng LLC", "vend-greenleaf", "900.00"),
        ("Vendor", "Norhtwind Heating", "vend-northwind", "800.00"),
        ("Property", "Mapel Court Apartments", "prop-maplecourt", "700.00"),
        ("GL Account", "Plumbing Repair", "finacct-6210", "600.00"),
        ("Vendor", "Pest Awy Exterminating", "vend-pestaway", "500.00"),
    )
    rows = [
        {field: text, "Invoice Total": total, "Invoice #": f"M-{at}-{copy}"}
        for at, (field, text, _, total) in enumerate(misspelt)
        for copy in ("100", "250")
    ]
    good = [{"Invoice #": f"G-{number}", "Invoice Total": f"{number}.10"} for number in (310, 425, 570)]
    run = office.submit(office.sheet(*rows, *good))
    assert statuses(run) == ["needs_fixing"] * 10 + ["posted"] * 3
    assert [code for code, *_ in codes(run)[:10]] == ["unknown-name"] * 10
    assert [(one.name, one.rows, one.invoices, one.cents, one.nearest_id) for one in run.unknown_names] == [
        (text, 2, 2, 200 * int(float(total)), record_id) for _, text, record_id, total in misspelt
    ]
    assert len(office.posted()) == 3
    told = plainly(summary(run))
    assert "5 names that ResMan does not have, the one that holds up most money first" in told
    assert "vendor 'Greenlef Landscapng LLC': 2 rows, 2 invoices, $1,800.00, nearest: Greenleaf Landscaping" in told
    assert 'invoice-importer alias "Greenlef Landscapng LLC" vend-greenleaf' in told
    assert told.count("Norhtwind") == 1
    listed = as_json(run, None)["unknown_names"]
    assert isinstance(listed, list)
    assert [one["remedy"] for one in listed] == [one.remedy for one in run.unknown_names]
    workbook = write_workbook(run, office.home / "results.xlsx")
    sheet = [row for row in openpyxl.load_workbook(workbook)[SUMMARY].iter_rows(values_only=True) if any(row)]
    at = next(place for place, row in enumerate(sheet) if "Names that ResMan does not have" in row)
    assert [cell for cell in sheet[at + 1] if cell][:3] == ["Vendor 'Greenlef Landscapng LLC'", 2, 1800]
    assert "2 rows; nearest: Greenleaf Landscaping, LLC (vend-greenleaf" in str(sheet[at + 1])


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("ACME  LNDSCP", 'invoice-importer alias "ACME LNDSCP" vend-acme'),
        ("Joe's & Sons (24/7)", 'invoice-importer alias "Joe\'s & Sons (24/7)" vend-acme'),
        ('"; rm -rf ~; "', "invoice-importer alias NAME vend-acme"),
        ("$(reboot)", "invoice-importer alias NAME vend-acme"),
        ("`reboot`", "invoice-importer alias NAME vend-acme"),
        ("--remove", "invoice-importer alias NAME vend-acme"),
        ("%PATH%", "invoice-importer alias NAME vend-acme"),
        ("a\\", "invoice-importer alias NAME vend-acme"),
    ],
)
def test_a_cell_never_becomes_a_command(name: str, command: str) -> None:
    """What is proposed for copying into a terminal holds the cell's text only where no shell reads more in it."""
    assert alias_command(name, "vend-acme") == command


def test_without_a_cache_ids_work_as_before_and_names_ask_for_a_sync(office: Office) -> None:
    """Nothing fetched: a file of ids is ready; one with names says what to run, and sends nothing."""
    ids = {"Property": "prop-maplecourt", "Vendor": "vend-greenleaf", "GL Account": "finacct-6105"}
    assert statuses(office.check(office.sheet(ids))) == ["ready"]
    assert office.check(office.sheet(ids)).notices == ()
    run = office.submit(office.sheet({**ids, "Vendor": "Greenleaf Landscaping"}))
    assert codes(run) == [["names-not-fetched"]]
    assert "`invoice-importer sync`" in run.outcomes[0].problems[0].message
    assert any("invoice-importer sync" in notice for notice in run.notices)
    assert office.posted() == []


def test_two_spellings_of_one_invoice_are_one_invoice(office: Office) -> None:
    """Rows that say "Maple Court Apartments" and `prop-maplecourt` are one bill with two lines; the same number in two
    files, in two spellings, goes once."""
    office.sync()
    first = {"Invoice Total": "100.00", "Line Amount": "60.00"}
    second = {
        "Property": "prop-maplecourt",
        "Vendor": "vend-greenleaf",
        "Invoice Total": "100.00",
        "Line Amount": "40.00",
    }
    run = office.check(office.sheet(first, second))
    assert statuses(run) == ["ready"]
    assert [row.number for row in run.outcomes[0].invoice.rows] == [2, 3]
    both = office.check(
        office.sheet({}, name="mail.csv"),
        office.sheet({"Property": "MPC", "Vendor": "GL-20417"}, name="portal.csv"),
    )
    assert statuses(both) == ["ready", "needs_fixing"]
    assert codes(both)[1] == ["repeated-invoice"]


def test_an_inactive_vendor_and_another_propertys_vendor_stop_the_invoice(office: Office) -> None:
    """What ResMan would refuse hours later is said now, by name and place; a property that is gone likewise."""
    office.sync()
    run = office.check(
        office.sheet(
            {"Vendor": "Moving Day Haulers"},
            {"Vendor": "SafeLift Elevator Co.", "Invoice #": "2"},
            {"Property": "Riverbend Village", "Invoice #": "3", "Invoice Total": "103.00"},
            {"GL Account": "6999", "Invoice #": "4", "Invoice Total": "104.00"},
            {"Vendor": "vend-nobody", "Invoice #": "5"},
        )
    )
    assert codes(run) == [
        ["inactive-record"],
        ["not-at-property"],
        ["inactive-record"],
        ["inactive-record"],
        ["unknown-id"],
    ]
    assert statuses(run) == ["needs_fixing"] * 4 + ["ready"]
    assert "only at Stonebridge Lofts" in run.outcomes[1].problems[0].message


def test_what_resman_holds_already_stops_and_a_reason_lets_it_go(office: Office) -> None:
    """The fourth ring, through the vendor's x_id: exact stops; a person's word lets it go once and is kept."""
    office.sync()
    held = office.api.get("/v1/invoices/", params={"limit": 250}).json()["results"]
    known = next(one for one in held if one["id"] == "inv-known01")
    file = office.sheet({"Property": known["property_id"], "Invoice #": known["invoice_number"].lower()})
    run = office.submit(file)
    assert (statuses(run), codes(run)) == (["needs_fixing"], [["already-in-resman"]])
    told = run.outcomes[0].problems[0].message
    assert "inv-known01" in told
    key = told.split("--accept-duplicate ")[1].split()[0]
    with pytest.raises(CannotRun, match="No invoice of these files"):
        office.submit(file, accepted_duplicates={"0" * 24: "a wrong key"})
    assert statuses(office.submit(file, accepted_duplicates={key: "the first was voided"})) == ["posted"]
    assert len(office.posted()) == 1


def test_a_bill_that_resman_holds_of_nobody_is_said(office: Office) -> None:
    """The contract lets ResMan's invoices lack their vendor: the same number and amount there is worth a look, and
    with another amount it is not."""
    office.sync()
    held = office.api.get("/v1/invoices/", params={"limit": 250}).json()["results"]
    nobodys = next(one for one in held if one["id"] == "inv-known04")
    assert nobodys["x_vendor_id"] is None
    bill = {"Property": nobodys["property_id"], "Vendor": "City Power & Light", "Invoice #": nobodys["invoice_number"]}
    total = f"{nobodys['total_amount_in_cents'] / 100:.2f}"
    run = office.check(office.sheet({**bill, "Invoice Total": total}, {**bill, "Vendor": "TW-0091"}))
    assert codes(run) == [["near-duplicate"], []]
    assert "inv-known04" in run.outcomes[0].problems[0].message
    assert "does not say from which vendor" in run.outcomes[0].problems[0].message


def test_a_bill_by_mail_and_by_portal_is_said_with_its_evidence(office: Office) -> None:
    """The third ring: INV-001 was posted; 1 comes later. The warning names file, row, date, amount and job. Once let
    go with a reason it is not said again."""
    office.sync()
    posted = office.submit(office.sheet({"Invoice #": "INV-001", "Invoice Total": "318.40"}, name="mail.csv"))
    file = office.sheet({"Invoice #": "1", "Invoice Total": "318.40"}, name="portal.csv")
    run = office.check(file)
    assert (statuses(run), codes(run)) == (["ready"], [["near-duplicate"]])
    told = run.outcomes[0].problems[0].message
    for evidence in (
        "INV-001",
        "mail.csv, row 2",
        "at Maple Court Apartments",
        "$318.40",
        str(posted.outcomes[0].job_id),
        str(CLOCK.now().date()),
    ):
        assert evidence in told
    key = run.outcomes[0].key or ""
    stricter = {"severity": {"near-duplicate": "error"}}
    assert statuses(office.submit(file, **stricter)) == ["needs_fixing"]
    again = office.submit(file, accepted_duplicates={key: "two services on one day"}, **stricter)
    assert (statuses(again), codes(again)) == (["posted"], [[]])


def test_what_was_posted_stays_posted_whatever_changes_around_it(office: Office) -> None:
    """After the sync that shows it, after its names are gone and its period is closed: posted before, and `status`
    still tells the same of its run."""
    office.sync()
    names.settle_name(office.desk(), "Our gardener", "vend-greenleaf", profile=None)
    file = office.sheet({"Vendor": "Our gardener", "Property": "Harbor View Flats"})
    run = office.submit(file)
    assert statuses(run) == ["posted"]
    follow_up(office.desk())
    office.api.post("/v1/admin/integrations/intg-sandbox/manual-sync", json={"models_to_sync": ["invoices"]})
    office.sync(everything=True)
    assert statuses(office.check(file)) == ["already_posted"]
    later = office.later(office.desk(), CLOCK.now() + timedelta(days=120))
    names.forget_name(office.desk(), "our gardener", profile=None)
    _, known = follow_up(later, run=run.id)
    assert [outcome.status for outcome in known[0].run.outcomes] == [Status.POSTED]


def test_a_closed_period_is_told_with_what_else_is_wrong(office: Office) -> None:
    """It is known from the start: a clerk who corrects the total must not meet it a round later."""
    office.sync()
    last_month = CLOCK.now().date().replace(day=1) - timedelta(days=1)
    row = {"Property": "STB", "Bill Date": last_month.isoformat(), "Invoice Total": "7.00", "Line Amount": "9.00"}
    assert codes(office.check(office.sheet(row))) == [["total-mismatch", "closed-period"]]
    off = office.check(office.sheet(row), severity={"closed-period": "off"})
    assert codes(off) == [["total-mismatch"]]


def test_a_closed_period_stops_and_the_settings_can_soften_it(office: Office) -> None:
    """Stonebridge books into this month or later. The bill date counts where there is no accounting date."""
    office.sync()
    last_month = CLOCK.now().date().replace(day=1) - timedelta(days=1)
    row = {"Property": "STB", "Bill Date": last_month.isoformat()}
    file = office.sheet(row, {**row, "Property": "MPC", "Invoice Total": "250.00"})
    assert codes(office.check(file)) == [["closed-period"], []]
    softer = office.check(file, severity={"closed-period": "warning"})
    assert statuses(softer) == ["ready", "ready"]
    assert codes(office.check(file, severity={"closed-period": "off"})) == [[], []]


def test_an_alias_of_a_name_that_means_nothing_is_refused_with_what_is_near(office: Office) -> None:
    """A decision must point at something; it can be reviewed and removed."""
    office.sync()
    with pytest.raises(CannotRun, match=r"Nearest: .*vend-greenleaf"):
        names.settle_name(office.desk(), "GL", "Greenlef Landscapng", profile=None)
    names.settle_name(office.desk(), "GL", "vend-greenleaf", profile=None)
    assert [(each.name, each.id) for each in names.aliases(office.desk()).entries] == [("GL", "vend-greenleaf")]
    assert statuses(office.check(office.sheet({"Vendor": "gl"}))) == ["ready"]
    assert names.forget_name(office.desk(), "g l", profile=None) == 1
    assert statuses(office.check(office.sheet({"Vendor": "gl"}))) == ["needs_fixing"]


def test_what_settling_gives_back_is_weighed_like_all_that_goes(office: Office) -> None:
    """In doubt when the file is read, and so not weighed; then ResMan turns out to have refused it, and the corrected
    one may go. By then its vendor is known to be inactive: it stops, as if it had never been in doubt."""
    office.api.post("/_sandbox/faults", json={"fault": "garbage", "path": "/v1/invoices/", "method": "POST"})
    ids = {"Property": "prop-maplecourt", "Vendor": "vend-movingday", "GL Account": "finacct-6105"}
    assert statuses(office.submit(office.sheet(ids))) == ["in_doubt"]
    office.sync()
    corrected = office.sheet({**ids, "Memo": "corrected"}, {"Invoice #": "7", "Invoice Total": "318.40"})
    run = office.submit(corrected)
    assert (statuses(run), codes(run)) == (["needs_fixing", "posted"], [["inactive-record"], []])
    assert len(office.posted()) == 2


def test_a_closed_period_is_answered_in_a_column_of_its_own(office: Office, tmp_path: Path) -> None:
    """The file has no Accounting Date: "To fix" offers one, red where it is asked for, and it is read afterwards."""
    office.sync()
    today = CLOCK.now().date()
    last_month = today.replace(day=1) - timedelta(days=1)
    file = office.sheet({"Property": "STB", "Bill Date": last_month.isoformat()}, {"Invoice #": "GL-2", "Memo": ""})
    path = write_workbook(office.check(file), tmp_path / "bills.results.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["To fix"]
    at = next(cell.column for cell in sheet[1] if cell.value == "Accounting Date")
    billed = next(cell.column for cell in sheet[1] if cell.value == "Bill Date")
    fills = [sheet.cell(2, column).fill.start_color.rgb for column in (at, billed)]
    assert fills[0] == sheet.cell(3, billed + 3).fill.start_color.rgb  # as red as the blank memo of the other
    assert fills[1] != fills[0]
    sheet.cell(2, at).value = today
    sheet.cell(3, billed + 3).value = "m"
    book.save(path)
    again = office.check(path)
    assert codes(again) == [[], []]
    assert [one.invoice.accounting_date for one in again.outcomes] == [today, None]
    assert [(one.column, one.now) for one in again.reading.trace.corrections] == [
        ("Accounting Date", str(today)),
        ("Memo", "m"),
    ]
    last = openpyxl.load_workbook(write_workbook(again, tmp_path / "bills.results 2.xlsx"))
    assert "Accounting Date" in [cell.value for cell in last["Rows"][1]]
