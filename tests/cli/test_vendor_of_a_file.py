"""Next month's `report (1).csv` is another vendor's: it never goes to the one whose layout fits it, without a word."""

from __future__ import annotations

from pathlib import Path

from tests.cli.clerk import Clerk, row
from tests.cli.test_as_a_process import Terminal, posix

LAYOUT = """
name = "report"
match = {{ filename = "{files}*.csv", headings = ["Num", "Date", "Amount"] }}
[columns]
invoice_number = "Num"
[defaults]
property_id = "prop-maplecourt"
vendor_id = "vend-greenleaf"
financial_account_id = "finacct-6210"
notes = "{{file}} row {{row}}"
memo = "by profile"
terms_days = 30
"""


def has_layout(clerk: Clerk, files: str = "report") -> None:
    """A saved layout of common headings, with a vendor."""
    profiles = Path(clerk.environment["IMPORTER_HOME"]) / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "report.toml").write_text(LAYOUT.format(files=files))


def report(clerk: Clerk, name: str, title: str = "") -> str:
    """A file of one bill in those columns, and its number."""
    number = clerk.number(name.partition(".")[0].replace(" ", ""))
    (clerk.folder / name).write_text(f"{title}\nNum,Date,Amount\n{number},{row(number)['invoice_date']},100.00\n")
    return number


def test_a_file_that_fits_by_its_headings_alone_is_not_sent(clerk: Clerk) -> None:
    """Not even with --yes; whoever names the profile has said whose file it is."""
    has_layout(clerk)
    report(clerk, "report (1).csv")
    said = clerk.runs("submit", "report (1).csv", "--yes", "--no-results", "--json")
    assert (said.code, said.answer["counts"]["posted"]) == (1, 0)
    assert [each["code"] for each in said.answer["problems"] if each["severity"] == "error"] == ["whose-file"]
    assert clerk.posted() == {}
    said = clerk.runs("submit", "report (1).csv", "--profile", "report", "--yes", "--no-results", "--json")
    assert (said.code, said.answer["counts"]["posted"]) == (0, 1)


def test_what_was_not_said_of_the_file_is_not_said_of_its_results_workbook(clerk: Clerk) -> None:
    """The workbook given back is the same file; the question stands."""
    has_layout(clerk)
    report(clerk, "report (2).csv")
    book = Path(clerk.runs("check", "report (2).csv", "--json").answer["results"])
    said = clerk.runs("submit", book, "--yes", "--no-results", "--json")
    assert [each["code"] for each in said.answer["problems"] if each["severity"] == "error"] == ["whose-file"]
    assert clerk.posted() == {}
    named = Path(clerk.runs("check", "report (2).csv", "--profile", "report", "--json").answer["results"])
    assert clerk.runs("submit", named, "--yes", "--no-results", "--json").answer["counts"]["posted"] == 1


def test_a_title_that_names_another_vendor_stops_the_run(clerk: Clerk) -> None:
    """Whoever fits by headings and file name: the title says whose bills they are."""
    has_layout(clerk, files="greenleaf")
    assert clerk.runs("sync").code == 0
    report(clerk, "greenleaf 1.csv", "Sparkle Cleaning Services - open bills")
    said = clerk.runs("submit", "greenleaf 1.csv", "--yes", "--no-results", "--json")
    (problem,) = [each for each in said.answer["problems"] if each["code"] == "other-vendor"]
    assert "names the vendor Sparkle Cleaning Services (vend-sparkle)" in problem["message"]
    assert "every bill would go to Greenleaf Landscaping, LLC (vend-greenleaf)" in problem["message"]
    assert (said.code, clerk.posted()) == (1, {})
    report(clerk, "greenleaf 2.csv", "Greenleaf Landscaping: bills by Blue Water pool")
    assert clerk.runs("check", "greenleaf 2.csv", "--no-results", "--json").answer["counts"]["ready"] == 1


def test_the_name_of_a_known_vendor_above_bills_stops_the_run(clerk: Clerk) -> None:
    """A report by vendor: the name stands alone in its row, whatever column that is."""
    has_layout(clerk, files="greenleaf")
    assert clerk.runs("sync").code == 0
    first, second = clerk.number("g1"), clerk.number("g2")
    day = row(first)["invoice_date"]
    rows = f"Num,Date,Amount\n{first},{day},100.00\n,Sparkle Cleaning Services,\n{second},{day},50.00\n"
    (clerk.folder / "greenleaf 3.csv").write_text(rows)
    said = clerk.runs("submit", "greenleaf 3.csv", "--yes", "--no-results", "--json")
    assert "other-vendor" in [each["code"] for each in said.answer["problems"]]
    assert clerk.posted() == {}


@posix
def test_the_question_before_posting_lists_vendors_and_amounts(clerk: Clerk) -> None:
    """Who would be paid, and how much."""
    other = row(clerk.number(3), "10.00", vendor_id="vend-sparkle")
    clerk.writes("march.csv", row(clerk.number(1)), row(clerk.number(2), "1234.50"), other)
    terminal = Terminal(clerk, "submit", "march.csv", columns=200)
    shown = terminal.until("[y/N]: ")
    assert "  vend-greenleaf: 2 invoices, $1,334.50\n" in shown
    assert "  vend-sparkle: 1 invoice, $10.00\n" in shown
    terminal.types("n\n")
    assert (terminal.end(), clerk.posted()) == (1, {})


def test_the_advice_to_submit_reads_the_file_as_it_was_checked(clerk: Clerk) -> None:
    """With the profile and the sheet that were named; without them it would be read otherwise, or not at all."""
    has_layout(clerk)
    report(clerk, "report (3).csv")
    said = clerk.runs("check", "report (3).csv", "--profile", "report", "--no-results")
    assert 'invoice-importer submit "report (3).csv" --profile report' in " ".join((said.out + said.err).split())
