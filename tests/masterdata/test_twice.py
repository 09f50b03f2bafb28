"""What could be paid twice once a name means something else: files and workbooks that come again."""

from __future__ import annotations

import json

import pytest

from importer.domain.outcome import Run
from importer.report import write_workbook
from importer.runs import names
from importer.sandbox.store import SandboxStore
from tests.clock import CLOCK
from tests.masterdata.office import Office, codes, statuses

HELD = ("invoice_number", "invoice_date", "x_vendor_id", "property_id", "total_amount_in_cents", "invoice_items")


def test_a_row_that_a_workbook_shows_as_posted_is_not_posted_under_another_vendor(office: Office) -> None:
    """The alias was settled anew between: the row given back keeps to what went out, and stops."""
    office.sync()
    names.settle_name(office.desk(), "GRN", "vend-greenleaf", profile=None)
    file = office.sheet({"Vendor": "GRN"}, {"Vendor": "Nobody & Co", "Invoice #": "2"})
    run = office.submit(file)
    assert statuses(run) == ["posted", "needs_fixing"]
    book = write_workbook(run, office.home / "bills.results.xlsx")
    names.settle_name(office.desk(), "GRN", "vend-evergreen", profile=None)
    again = office.submit(book)
    assert (statuses(again), codes(again)[0]) == (["conflict", "needs_fixing"], ["changed-row"])
    assert str(run.outcomes[0].job_id) in again.outcomes[0].problems[0].what
    assert len(office.posted()) == 1


def told(run: Run) -> str:
    return run.outcomes[0].problems[0].message


def key_of(run: Run) -> str:
    return told(run).split("--accept-duplicate ")[1].split()[0]


def test_the_same_file_is_not_posted_again_under_another_vendor(office: Office) -> None:
    """Untouched, after its vendor's name was settled anew: stopped with when, job and both vendors. A reason lets it
    go."""
    office.sync()
    names.settle_name(office.desk(), "GRN", "vend-greenleaf", profile=None)
    file = office.sheet({"Vendor": "GRN"}, {"Vendor": "GRN", "Invoice #": "2", "Invoice Total": "55.00"})
    run = office.submit(file)
    assert statuses(run) == ["posted"] * 2
    names.settle_name(office.desk(), "GRN", "vend-evergreen", profile=None)
    again = office.submit(file)
    assert (statuses(again), codes(again)) == (["needs_fixing"] * 2, [["went-out-before"]] * 2)
    for evidence in (str(run.outcomes[0].job_id), "vend-greenleaf", "vend-evergreen", "the same rows of the vendor's"):
        assert evidence in told(again)
    accepted_duplicates = office.submit(file, accepted_duplicates={key_of(again): "voided in ResMan"})
    assert statuses(accepted_duplicates) == ["posted", "needs_fixing"]
    assert len(office.posted()) == 3


@pytest.mark.parametrize(
    ("column", "first", "then", "words"),
    [
        ("Vendor", "vend-greenleaf", "vend-evergreen", "it went to another vendor"),
        ("Property", "prop-maplecourt", "prop-willowcreek", "it went to another property"),
    ],
)
def test_a_file_saved_anew_is_not_posted_again_elsewhere(
    office: Office, column: str, first: str, then: str, words: str
) -> None:
    """One row more, so that it is another file: number, amount and date of a bill tell it."""
    office.sync()
    names.settle_name(office.desk(), "ours", first, profile=None)
    bill = {column: "ours", "GL Account": "finacct-6105"}
    assert statuses(office.submit(office.sheet(bill))) == ["posted"]
    names.forget_name(office.desk(), "ours", profile=None)
    names.settle_name(office.desk(), "ours", then, profile=None)
    again = office.submit(office.sheet({**bill, "Invoice #": "NEW-7", "Invoice Total": "70.00"}, bill, name="b.csv"))
    assert [code[:1] for code in codes(again)] == [[], ["went-out-before"]]
    assert words in again.outcomes[1].problems[0].message


def test_one_bill_split_over_properties_is_no_second_bill(office: Office) -> None:
    """In one file, also where a half of it goes later than the other."""
    office.sync()
    half = {"Invoice #": "SPLIT-1"}
    file = office.sheet(half, {**half, "Property": "WLC", "GL Account": "9999"})
    assert statuses(office.submit(file)) == ["posted", "needs_fixing"]
    again = office.submit(office.sheet(half, {**half, "Property": "WLC"}))
    assert statuses(again) == ["already_posted", "posted"]


def test_a_renumbered_copy_of_a_posted_bill_stops(office: Office) -> None:
    """A conflict that somebody "solved" with an ending."""
    office.sync()
    assert statuses(office.submit(office.sheet({"Invoice #": "B-1190"}))) == ["posted"]
    again = office.submit(office.sheet({"Invoice #": "B-1190-R", "Memo": "again"}, name="again.csv"))
    assert (statuses(again), codes(again)) == (["needs_fixing"], [["went-out-before"]])
    assert statuses(office.submit(office.sheet({"Invoice #": "B-1190-R", "Invoice Total": "80.00"}))) == ["posted"]


def test_a_word_on_a_likeness_covers_what_was_shown_and_no_more(office: Office) -> None:
    """Let go when it looked like one bill and then refused; with other content, or once ResMan holds it, it is asked
    about again."""
    office.sync()
    stricter = {"severity": {"near-duplicate": "error"}}
    assert statuses(office.submit(office.sheet({"Invoice #": "INV-001"}))) == ["posted"]
    file = office.sheet({"Invoice #": "1"}, name="portal.csv")
    key = key_of(office.check(file, **stricter))
    office.api.post(
        "/_sandbox/faults", json={"fault": "error_before", "status": 422, "path": "/v1/invoices/", "method": "POST"}
    )
    assert statuses(office.submit(file, accepted_duplicates={key: "two visits"}, **stricter)) != ["posted"]
    assert codes(office.check(file, **stricter))[0][:1] != ["near-duplicate"]
    changed = office.sheet({"Invoice #": "1", "Memo": "other"}, name="portal.csv")
    assert codes(office.check(changed, **stricter))[0] == ["near-duplicate"]
    file = office.sheet({"Invoice #": "1"}, name="portal.csv")
    known = office.api.get("/v1/invoices/", params={"limit": 250}).json()["results"]
    vendors = office.api.get("/v1/vendors/", params={"limit": 250}).json()["results"]
    held = {
        **known[0],
        "invoice_number": "1",
        "property_id": "prop-maplecourt",
        "x_vendor_id": next(each["x_id"] for each in vendors if each["id"] == "vend-greenleaf"),
    }
    content = {name: held[name] for name in HELD}
    store = SandboxStore(office.home.parent / "api", CLOCK.seconds)
    with store.change():
        store.add("invoices", "inv-late", "prop-maplecourt", content, CLOCK.now().isoformat(), CLOCK.seconds())
    store.close()
    office.sync(everything=True)
    assert "already-in-resman" in codes(office.check(file, **stricter))[0]


def test_a_vendor_made_anew_under_its_old_name_is_remarked(office: Office) -> None:
    """The old one is inactive, so the name means the new one; what went to the old one is stopped, and the run says
    that there are two."""
    office.sync()
    run = office.submit(office.sheet({}))
    assert not any("two vendors" in each for each in run.notices)
    store, moment = SandboxStore(office.home.parent / "api", CLOCK.seconds), CLOCK.now().isoformat()
    with store.change():
        rows = [
            store.row("SELECT content FROM records WHERE kind = 'vendors' AND id = ?", (each,))
            for each in ("vend-greenleaf", "vend-evergreen")
        ]
        old, new = (json.loads(row["content"]) for row in rows if row is not None)
        for vendor_id, content in (
            ("vend-greenleaf", {**old, "is_active": False}),
            ("vend-evergreen", {**new, "name": old["name"]}),
        ):
            store.database.execute(
                "UPDATE records SET content = ?, updated_at = ? WHERE kind = 'vendors' AND id = ?",
                (json.dumps(content), moment, vendor_id),
            )
    store.close()
    office.sync(everything=True)
    again = office.check(office.sheet({}, {"Invoice #": "GL-2", "Invoice Total": "77.00"}))
    assert codes(again) == [["went-out-before"], []]
    (notice,) = (each for each in again.notices if "two vendors" in each)
    assert "1 bill went to vend-greenleaf (inactive there by now), and now 2 bills would go to vend-evergreen" in notice
