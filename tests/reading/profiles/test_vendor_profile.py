"""Profiles: what a file of them may say, how one is chosen, and how one is proposed from a sample."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import BadSettings, FileUnreadable
from importer.reading import read_files
from importer.reading.profiles.propose import (
    Proposal,
    answered,
    check_profile,
    propose_for,
    propose_profile,
)
from importer.reading.profiles.vendor_profile import (
    ExtraLine,
    Profile,
    find_profile,
    load_profile,
    load_profiles,
    parse_profile,
    profile_text,
    save_profile,
)
from importer.reading.read import read_contents
from tests.reading.made_tables import (
    IDS,
    contents,
    said,
    sheet,
    vendor,
)

DATE = "2026-03-14"
LAYOUT = ("Bill No.", "Issued", "Net Amount")
ROWS = (LAYOUT, ("A", DATE, "1.00"), ("B", DATE, "2.00"))
FULL = """
name = "acme-landscaping"
match = { filename = "acme*.xlsx", headings = ["Work Order", "Amount Due"] }
sheet = "Invoices"
header_row = 4
date_order = "MDY"
decimal = "."
thousands = ","
currency = "CAD"
seen = ["Work Order", "Amount Due"]

[columns]
invoice_number = "Bill No."
line_amount = ["Net", "Net Amount"]

[defaults]
vendor_id = "vend-0987654321fedcba"
notes = "{file} row {row}"
terms_days = 30

[[extra_lines]]
heading = "Sales Tax"
financial_account_id = "finacct-2100"
"""

words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="{}"), min_size=1).filter(str.strip)
profiles = st.builds(
    Profile,
    name=words,
    filename=st.none() | words,
    headings=st.lists(words, max_size=3).map(tuple),
    sheet=st.none() | words | st.integers(1, 9),
    lines_sheet=st.none() | words,
    header_row=st.none() | st.integers(1, 99),
    date_order=st.sampled_from([None, "MDY", "DMY", "YMD"]),
    decimal=st.sampled_from([None, ".", ","]),
    thousands=st.sampled_from([None, ".", ",", " ", "'"]),
    currency=st.sampled_from(["USD", "CAD", "EUR"]),
    columns=st.dictionaries(st.sampled_from(["invoice_number", "line_amount"]), st.lists(words, min_size=1).map(tuple)),
    defaults=st.dictionaries(st.sampled_from(["vendor_id", "memo"]), words),
    terms_days=st.none() | st.integers(0, 365),
    extra_lines=st.lists(st.builds(ExtraLine, words, st.none() | words, st.none() | words), max_size=2).map(tuple),
    seen=st.lists(words, max_size=3).map(tuple),
)


def written(folder: Path, text: str, name: str = "x.toml") -> Path:
    """A profile's file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def saved(folder: Path, name: str, *rows: tuple[str, ...]) -> Path:
    """A vendor's csv."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    return path


def test_a_profile_says_what_the_contract_lists(tmp_path: Path) -> None:
    """Every key arrives where it belongs."""
    assert load_profile(written(tmp_path, FULL)) == Profile(
        name="acme-landscaping",
        filename="acme*.xlsx",
        headings=("Work Order", "Amount Due"),
        sheet="Invoices",
        header_row=4,
        date_order="MDY",
        decimal=".",
        thousands=",",
        currency="CAD",
        columns={"invoice_number": ("Bill No.",), "line_amount": ("Net", "Net Amount")},
        defaults={"vendor_id": "vend-0987654321fedcba", "notes": "{file} row {row}"},
        terms_days=30,
        extra_lines=(ExtraLine("Sales Tax", "finacct-2100"),),
        seen=("Work Order", "Amount Due"),
    )


@given(profiles)
def test_a_profile_is_read_back_as_it_was_written(profile: Profile) -> None:
    """Whatever its names and headings hold."""
    assert parse_profile(tomllib.loads(profile_text(profile)), "other") == profile


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sheets = 1", "says sheets, which is no setting"),
        ("[columns]\nvendor = 'x'", "says columns.vendor"),
        ("date_order = 'MYD'", "date_order must be one of 'MDY', 'DMY', 'YMD'"),
        ("[defaults]\nterms_days = 'soon'", "defaults.terms_days must be a number of days"),
        ("[defaults]\nmemo = '{who}'", "not {who}"),
        ("[defaults]\nmemo = '{file'", "braces are closed"),
        ("[defaults]\nmemo = '{file:>999999999}'", "the braces hold a name alone, as in {file}"),
        ("[defaults]\nmemo = '{file!r}'", "the braces hold a name alone, as in {file}"),
        ("[[extra_lines]]\nnotes = 'x'", "extra_lines.heading must be"),
        ("header_row = 0", "header_row must be"),
        ("currency = 'gold'", "currency must be"),
        ("name = ", "not valid TOML"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_key_that_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    """A misspelt key is not silently without effect."""
    with pytest.raises(BadSettings) as caught:
        load_profile(written(tmp_path, text))
    assert expected in str(caught.value)


def test_profiles_are_kept_in_a_folder_by_name(tmp_path: Path) -> None:
    """Saved, listed and found again; by path as well."""
    folder = tmp_path / "profiles"
    assert load_profiles(folder) == ()
    path = save_profile(Profile("Acme Landscaping", defaults={"memo": "x"}), folder)
    (kept,) = load_profiles(folder)
    assert (path.name, kept.name) == ("acme-landscaping.toml", "Acme Landscaping")
    assert find_profile("acme landscaping", [kept]) == find_profile(str(path), []) == kept
    with pytest.raises(BadSettings, match="Known: Acme Landscaping"):
        find_profile("other", [kept])


def layout(name: str, **given: object) -> Profile:
    """A profile for the layout of these tests."""
    return parse_profile(
        {"name": name, "columns": {"invoice_date": "Issued"}, "defaults": {**IDS, "terms_days": 5}, **given}, name
    )


def test_a_profile_is_chosen_by_file_name_and_headings() -> None:
    """The one that fits, and of several the most precise; it is said."""
    fits = layout("fits", match={"filename": "MARCH*.csv", "headings": ["bill no", "Issued"]})
    general = layout("general", match={"headings": ["Issued"]})
    other = layout("other", match={"filename": "april*.csv"})
    never = layout("never")
    reading = read_contents([contents(sheet(*ROWS))], profiles=[never, general, other, fits])
    assert reading.notices[0] == "march.csv: read with the profile fits, which fits it."
    with pytest.raises(BadSettings, match="fits several profiles: general, twin"):
        read_contents([contents(sheet(*ROWS))], profiles=[general, layout("twin", match={"headings": ["Issued"]})])


def test_a_changed_layout_is_said_before_anything_else() -> None:
    """Named like the vendor's files, with a heading gone: the profile is neither used nor passed over in silence."""
    profile = layout("acme", match={"filename": "march*", "headings": ["Bill No.", "Issued", "Amount Due"]})
    with pytest.raises(FileUnreadable, match="its layout has changed: there is no 'Amount Due' any more"):
        read_contents([contents(sheet(*ROWS))], profiles=[profile])
    with pytest.raises(FileUnreadable, match=r"there is no 'Net' or 'Gross' \(line_amount\)"):
        vendor(*ROWS, columns={"line_amount": ["Net", "Gross"]})


def test_new_and_lost_columns_are_a_warning() -> None:
    """As long as all that is needed is there, the file is read."""
    reading = vendor(*ROWS, seen=["Bill No.", "Issued", "Net Amount", "Tax"], columns={"invoice_date": "Issued"})
    assert ("layout-changed", "row 1") in said(reading)


def answer_all(proposal: Proposal, answers: dict[str, str]) -> Profile:
    """What a clerk's answers make of a proposal."""
    profile = proposal.profile
    for ask in proposal.asks:
        profile = answered(profile, ask, answers[ask.field])
    return profile


ANSWERS = {"property_id": "prop-1", "vendor_id": "vend-1", "financial_account_id": "finacct-1", "terms_days": "30"}
SAMPLES: dict[str, tuple[tuple[tuple[str, ...], ...], dict[str, str], int]] = {
    "Greenleaf March 2026.csv": ((("Statement",), ("Bill No.", "Date", "Total"), ("A", DATE, "1.00")), {}, 100),
    "plumbing-0314.csv": (
        (("Invoice #", "Date", "Amount", "Tax", "Total"), ("A", DATE, "1.00", "0.10", "1.10")),
        {"tax": "finacct-tax"},
        110,
    ),
    "water.csv": (
        (("Doc", "Clearing Date", "Charge"), ("A", DATE, "3.00")),
        {"invoice_date": "Clearing Date", "invoice_number": "Doc"},
        300,
    ),
    "strom.csv": (
        (("Rechnungsnummer", "Rechnungsdatum", "Betrag"), ("A", "03.04.2026", "1.234,50")),
        {"date_order": "DMY"},
        123_450,
    ),
    "two-numbers.csv": (
        (("Invoice No", "Bill No", "Date", "Rate", "Qty"), ("A", "X", DATE, "2.00", "2")),
        {"invoice_number": "Bill No"},
        400,
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_proposed_profile_needs_no_thought_next_month(tmp_path: Path, name: str) -> None:
    """From a sample and a few answers to a saved profile that chooses itself and leaves no question open."""
    rows, answers, total = SAMPLES[name]
    sample = saved(tmp_path, name, *rows)
    profile = answer_all(propose_profile(sample), ANSWERS | answers)
    save_profile(profile, tmp_path / "home")
    next_month = saved(tmp_path, name.replace("March", "April"), *rows)
    reading = read_files([next_month], integration_id="intg-1", profiles=load_profiles(tmp_path / "home"))
    (invoice,) = reading.invoices
    assert invoice.total == total
    assert (invoice.problems, invoice.vendor_id) == ((), "vend-1")
    assert invoice.notes == f"{next_month.name} row {invoice.rows[0].number}"
    assert "1 invoices" in check_profile(profile, next_month)[0]


TAXED = (("Invoice #", "Date", "Amount", "Tax", "Total"), ("A", DATE, "1.00", "0.10", "1.10"))
TAXED_LINES = (
    ("Invoice #", "Date", "Amount", "Tax", "Total"),
    ("A", DATE, "1.00", "0.10", "1.10"),
    ("A", DATE, "2.00", "0.20", "2.20"),
)
UNCLEAR_TAX = (("Invoice #", "Date", "Line Amount", "Sales Tax"), ("A", DATE, "1.00", "0.10"), ("A", DATE, "2.00", "0"))


@pytest.mark.parametrize(
    ("rows", "answer", "lines"),
    [
        (TAXED, 0, [100]),
        (TAXED, 1, [110]),
        (TAXED, "finacct-tax", [100, 10]),
        (TAXED_LINES, 0, [100, 200]),
        (TAXED_LINES, 1, [110, 220]),
        (TAXED_LINES, "finacct-tax", [100, 10, 200, 20]),
        (UNCLEAR_TAX, 0, [100, 200]),
        (UNCLEAR_TAX, "finacct-tax", [100, 10, 200]),
    ],
)
def test_every_answer_about_a_tax_makes_a_profile_that_reads(
    tmp_path: Path, rows: tuple[tuple[str, ...], ...], answer: int | str, lines: list[int]
) -> None:
    """Left out, booked with the lines, or a line of its own: the lines come to the total each time."""
    sample = saved(tmp_path, "tax.csv", *rows)
    proposal = propose_profile(sample)
    (ask,) = [ask for ask in proposal.asks if ask.field == "tax"]
    text = ask.choices[answer] if isinstance(answer, int) else answer
    profile = answer_all(proposal, ANSWERS | {"tax": text})
    (invoice,) = read_files([sample], integration_id="intg-1", profile=profile).invoices
    assert [line.worth for line in invoice.lines] == lines
    assert invoice.total == sum(lines)
    assert not invoice.problems


def test_a_tax_nobody_has_spoken_of_is_not_left_out(tmp_path: Path) -> None:
    """A proposal that was saved without its answer goes on asking."""
    sample = saved(tmp_path, "tax.csv", *UNCLEAR_TAX)
    proposal = propose_profile(sample)
    unanswered = answer_all(Proposal(proposal.profile, (), proposal.asks[1:]), ANSWERS)
    with pytest.raises(FileUnreadable, match="holds tax"):
        read_files([sample], integration_id="intg-1", profile=unanswered)


def test_a_column_without_a_cell_is_not_proposed(tmp_path: Path) -> None:
    """What it holds next month nobody knows; a field that is needed is asked about."""
    rows = (
        ("Invoice #", "Date", "Due Date", "Memo", "Total Due"),
        ("A", DATE, "", "", "1.00"),
        ("B", DATE, "", "", "2"),
    )
    proposal = propose_profile(saved(tmp_path, "x.csv", *rows))
    assert set(proposal.profile.columns) == {"invoice_number", "invoice_date", "total_amount"}
    assert "terms_days" in [ask.field for ask in proposal.asks]


def test_an_answer_that_cannot_be_taken_is_refused(tmp_path: Path) -> None:
    """With a sentence for the one who typed it."""
    proposal = propose_profile(saved(tmp_path, "x.csv", ("Doc", "Paid Date", "Total"), ("A", DATE, "1")))
    asks = {ask.field: ask for ask in proposal.asks}
    assert asks["invoice_date"].choices == ("Paid Date",)
    wrong = [("terms_days", "soon"), ("invoice_date", "yesterday"), ("vendor_id", " "), ("financial_account_id", "y")]
    for field, answer in wrong:
        with pytest.raises(ValueError, match=r"soon|yesterday|Nothing|y is no GL Account"):
            answered(proposal.profile, asks[field], answer)
    assert answered(proposal.profile, asks["terms_days"], "Paid Date").columns["due_date"] == ("Paid Date",)


EXAMPLES = Path(__file__).parents[3] / "templates" / "profiles"


def test_the_examples_are_profiles_that_say_everything_there_is(tmp_path: Path) -> None:
    """Each loads, and together they use every setting but the headings that a proposal takes down."""
    examples = load_profiles(EXAMPLES)
    assert [profile.name for profile in examples] == ["acme-landscaping", "city-water", "two-sheets"]
    used = {name for profile in examples for name in tomllib.loads(profile_text(profile))}
    known = {"name", "match", "sheet", "lines_sheet", "header_row", "date_order", "decimal", "columns", "defaults"}
    assert used == known | {"extra_lines", "rounding"}
    assert "currency" in (EXAMPLES / "acme-landscaping.toml").read_text(encoding="utf-8")
    wide = saved(
        tmp_path,
        "water.csv",
        ("Service Address ID", "Invoice #", "Date", "Water", "Sewer", "Trash", "Total Amount Due"),
        ("prop-7", "A", DATE, "10.00", "5.00", "", "15.00"),
    )
    (invoice,) = read_files([wide], integration_id="intg-1", profiles=examples).invoices
    assert [line.financial_account_id for line in invoice.lines] == ["finacct-6310", "finacct-6320"]


def test_a_proposal_for_sheets_that_differ_reads_them_all() -> None:
    """It names the headings that all of them have; what one has besides is found by what it says."""
    october = sheet(("Invoice #", "Invoice Date", "Total Due"), ("A-1", "2026-10-14", "1.00"), name="October")
    rows = (("Invoice #", "Invoice Date", "Due Date", "Total Due"), ("R-1", "2026-10-14", "2026-10-20", "2.00"))
    book = contents(sheet(*rows, name="Rush"), october, name="book.xlsx")
    made = propose_for(book).profile
    assert (made.sheet, sorted(made.columns)) == ("*", ["invoice_date", "invoice_number", "total_amount"])
    reading = read_contents([book], integration_id="i", profile=replace(made, defaults=dict(IDS), terms_days=30))
    assert [str(each.due_date) for each in reading.invoices] == ["2026-10-20", "2026-11-13"]
