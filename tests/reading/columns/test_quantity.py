"""Which column says how many: what is clearly named, what the amounts show, and a question for all else."""

from __future__ import annotations

import pytest

from importer.domain.cells import Cell
from importer.errors import FileUnreadable
from importer.reading.profiles.propose import answered, propose_for
from tests.reading.made_tables import (
    contents,
    money,
    profile,
    said,
    sheet,
    vendor,
)

DAY = "2026-03-14"
Rows = tuple[tuple[Cell, ...], ...]


def table(headings: str, *rows: str) -> Rows:
    """A table of a vendor's, from lines with commas; every row begins with its number and the day."""
    lines = [f"Invoice #,Invoice Date,{headings}", *(f"{number},{DAY},{cells}" for number, _, cells in split(rows))]
    return tuple(tuple(line.split(",")) for line in lines)


def split(rows: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """ "A:1,2" is a row of the invoice A."""
    return [row.partition(":") for row in rows]


@pytest.mark.parametrize("heading", ["Unit", "Per", "Per Unit", "UNIT", "unit", "Unit #", "Unit No.", "Apt", "Shipped"])
def test_a_unit_is_no_quantity_by_its_heading(heading: str) -> None:
    """It is an apartment as often: 101 × $85.00 would be $8,585.00."""
    rows = table(f"{heading},Work Performed,Price", "A:101,unclog,85.00", "B:204,faucet,120.00", "C:12,faucet,95.00")
    with pytest.raises(FileUnreadable) as caught:
        vendor(*rows)
    assert "'Price' (E) is a price, and no column says how many" in str(caught.value)
    assert '[columns] line_amount = "Price" where it is what each line comes to' in str(caught.value)
    assert [total for _, total, _ in money(vendor(*rows, columns={"line_amount": "Price"}))] == [8500, 12000, 9500]


@pytest.mark.parametrize("heading", ["Unit", "Tons", "Hours/Units", "Visits", "Per Day"])
@pytest.mark.parametrize("amount", ["Amount", "Line Total", "Invoice Total"])
def test_what_makes_the_amounts_with_the_price_is_the_quantity(heading: str, amount: str) -> None:
    """Whatever it is called: the amounts are the evidence."""
    reading = vendor(*table(f"{heading},Rate,{amount}", "A:12,60.00,720.00", "B:10,60.00,600.00"))
    assert reading.tables[0].source.columns["quantity_ordered"] == 2
    assert [total for _, total, _ in money(reading)] == [72000, 60000]


def test_what_makes_the_total_of_several_rows_is_the_quantity() -> None:
    """The rows of an invoice come to its total."""
    rows = table("Tons,Rate,Invoice Total", "A:12,60.00,780.00", "A:1,60.00,780.00", "B:10,60.00,600.00")
    assert money(vendor(*rows)) == [("A", 78000, [72000, 6000]), ("B", 60000, [60000])]


def test_words_are_no_candidates_for_a_quantity() -> None:
    """ "HR" is what a price is for, and "Qty" says how many."""
    assert money(vendor(*table("Unit,Qty,Rate", "A:HR,2,50.00"))) == [("A", 10000, [10000])]


@pytest.mark.parametrize(
    ("headings", "amounts"),
    [
        ("Qty Ordered,Qty Shipped,Unit Price", "10,6,2.50"),
        ("Order Qty,Ship Qty,Unit Price", "10,6,2.50"),
        ("Ordered,Qty Delivered,Price", "10,6,2.50"),
        ("Qty Ordered,Qty Invoiced,Price", "10,6,2.50"),
        ("Qty,Qty Billed,Price", "10,6,2.50"),
        ("Qty Ordered,Qty Shipped,Unit Price,Amount", "10,6,2.50,15.00"),
        ("Qty,Qty Shipped,Unit Price,Ext. Price", "10,6,2.50,15.00"),
    ],
)
def test_what_was_shipped_is_billed_and_not_what_was_ordered(headings: str, amounts: str) -> None:
    """Of two quantities the one that the amounts confirm; where none tells, what was billed or shipped, and said."""
    reading = vendor(*table(headings, f"A:{amounts}"))
    assert [total for _, total, _ in money(reading)] == [1500]
    assert reading.tables[0].source.columns["quantity_ordered"] == 3
    assert ("taken-for", "D1") in said(reading) or "Billed" in headings


def test_a_unit_of_a_repeated_group_is_no_quantity() -> None:
    """ "Unit 1", "Unit 2" are apartments as well."""
    rows = table("Unit 1,Price 1,Unit 2,Price 2", "A:101,10.00,102,5.00")
    with pytest.raises(FileUnreadable, match="lacks the column Qty"):
        vendor(*rows)


def test_what_was_ordered_is_billed_where_the_amounts_say_so() -> None:
    """A vendor may bill ahead."""
    reading = vendor(*table("Qty Ordered,Qty Shipped,Unit Price,Amount", "A:10,6,2.50,25.00"))
    assert [total for _, total, _ in money(reading)] == [2500]


@pytest.mark.parametrize(
    "headings", ["Qty,Qty Shipped,Price", "Hours,Units,Rate", "quantity_ordered,qty_shipped,Price"]
)
def test_two_quantities_that_differ_are_asked_about(headings: str) -> None:
    """Nothing tells which is billed."""
    rows = table(headings, "A:10,6,2.50", "A:4,4,5.00")
    with pytest.raises(FileUnreadable, match="more than one column for Qty, and no amount shows which is billed"):
        vendor(*rows)
    second = headings.split(",")[1]
    assert money(vendor(*rows, columns={"quantity_ordered": second})) == [("A", 3500, [1500, 2000])]


@pytest.mark.parametrize(
    "headings", ["Qty,Qty Shipped,Price", "Order Qty,Qty,Price", "Qty,Qty Backordered,Price", "Qty,Qty on Hand,Price"]
)
def test_two_quantities_that_agree_or_do_not_matter_are_no_question(headings: str) -> None:
    """Everything was shipped; what is on hand is no part of a bill."""
    assert [total for _, total, _ in money(vendor(*table(headings, "A:4,4,5.00")))] == [2000]


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        ("Qty,UOM,Price", "500,C,12.00"),
        ("Qty,U/M,Price", "2000,M,30.00"),
        ("Qty,Unit of Measure,Price", "500,per 100,30.00"),
        ("Qty,Unit,Price", "500,C,30.00"),
        ("Qty,Per,Price", "500,100,30.00"),
        ("Qty,Price Unit,Price", "500,1000,30.00"),
        ("Days,Qty,Rate", "4,2,30.00"),
        ("Qty,Price,Multiplier", "10,5.00,0.5"),
        ("Hours,OT Hours,Rate,OT Rate", "40,5,30.00,45.00"),
        ("Qty,Unit Price,Disc", "10,2.50,10"),
        ("Qty,Weight,Price", "3,22.5,4.00"),
    ],
)
def test_what_may_multiply_as_well_is_asked_about(headings: str, cells: str) -> None:
    """Where quantity × price is all there is: with an amount beside them, or said in a profile, it is no question."""
    rows = table(headings, f"A:{cells}")
    price = next(each for each in headings.split(",") if each in ("Price", "Rate", "Unit Price"))
    with pytest.raises(FileUnreadable) as caught:
        vendor(*rows)
    assert f'[columns] unit_price = "{price}"' in str(caught.value)
    assert len(money(vendor(*rows, columns={"unit_price": price}))) == 1
    if "Disc" not in headings:
        (_, line, _), *_ = money(vendor(*rows, columns={"unit_price": price}))
        beside = table(f"{headings},Line Total", f"A:{cells},{(line or 0) / 100:.2f}")
        assert [total for _, total, _ in money(vendor(*beside))] == [line]


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        ("Qty,UOM,Price", "3,EA,10.00"),
        ("Qty,Unit,Price", "3,101,10.00"),
        ("Qty,Unit,Price", "3,C,10.00"),
        ("Days,Qty,Rate", "1,3,10.00"),
        ("Qty,Price,Customer ID", "3,10.00,17850"),
        ("Qty,Price,Days Past Due", "3,10.00,30"),
        ("Qty,Price,PO Number", "3,10.00,4711"),
        ("Qty,Price,Pack Qty", "3,10.00,12"),
        ("Qty,List Price,Unit Price", "3,12.00,10.00"),
        ("Hours,OT Hours,Rate,OT Rate", "3,0,10.00,15.00"),
        ("Qty,List Price,Multiplier,Unit Price", "3,20.00,0.5,10.00"),
        ("Crew,Man Hours,Qty,Rate", "2,1.5,3,10.00"),
        ("Qty,Apt Unit,Price", "3,101,10.00"),
        ("Month,Hours,Rate", "11,3,10.00"),
        ("Visit,Crew,Qty,Price", "2,7,3,10.00"),
    ],
)
def test_an_ordinary_column_beside_quantity_and_price_is_no_question(headings: str, cells: str) -> None:
    """Units, ids and dates have no part in what a line comes to; a factor of one changes nothing."""
    extra = ("B:3,D,10.00",) if cells == "3,C,10.00" else ()  # apartments C and D
    assert money(vendor(*table(headings, f"A:{cells}", *extra)))[0] == ("A", 3000, [3000])


@pytest.mark.parametrize("headings", ["Rate,Amount", "Rate,Line Total", "Rate,Invoice Total", "Price,Total Due"])
def test_a_price_that_nothing_multiplies_is_left_out_beside_an_amount(headings: str) -> None:
    """The amount is what is paid; the rate is not used, and that is said."""
    reading = vendor(*table(headings, "A:250.00,500.00", "B:8.25%,300.00"))
    assert [total for _, total, _ in money(reading)] == [50000, 30000]
    assert ("unknown-column", "") in [(code, "") for code, _ in said(reading)]


def test_a_price_is_the_lines_amount_where_the_prices_come_to_the_total() -> None:
    """Two lines of $10.00 and $5.00 below one total of $15.00."""
    rows = table("Description,Price,Total", "A:one,10.00,15.00", "A:two,5.00,15.00", "B:one,7.00,7.00")
    assert money(vendor(*rows)) == [("A", 1500, [1000, 500]), ("B", 700, [700])]
    other = table("Description,Price,Total", "A:one,10.00,99.00", "A:two,5.00,99.00", "B:one,7.00,70.00")
    with pytest.raises(FileUnreadable, match="no column says how many"):
        vendor(*other)


def test_profile_new_asks_how_many_and_takes_the_answer() -> None:
    """The likeliest column first, and that the price is the line's amount; then the file reads."""
    rows = table("Service,Visits,Rate", "A:mow,4,30.00", "B:edge,2,10.00")
    proposal = propose_for(contents(sheet(*rows)))
    (ask,) = [ask for ask in proposal.asks if ask.field == "quantity_ordered"]
    assert ask.choices == ("Visits × Rate", "none: Rate is what each line comes to")
    totals = {}
    for choice in ask.choices:
        made = answered(proposal.profile, ask, choice)
        columns = {name: headings[0] for name, headings in made.columns.items()}
        totals[choice] = [total for _, total, _ in money(vendor(*rows, columns=columns))]
    assert list(totals.values()) == [[12000, 2000], [3000, 1000]]


def test_profile_new_asks_about_what_may_multiply_and_takes_the_answer() -> None:
    """That quantity × price is all; where it is not, nothing is answered, and the profile is not complete."""
    rows = table("Days,Qty,Rate", "A:4,2,30.00")
    proposal = propose_for(contents(sheet(*rows)))
    (ask,) = [ask for ask in proposal.asks if ask.field == "unit_price"]
    assert ask.choices == ("Qty × Rate is what each line comes to",)
    made = answered(proposal.profile, ask, ask.choices[0])
    columns = {name: headings[0] for name, headings in made.columns.items()}
    assert money(vendor(*rows, columns=columns)) == [("A", 6000, [6000])]
    assert profile(columns=columns).columns["unit_price"] == ("Rate",)


def test_profile_new_says_nothing_of_what_is_open_and_asks_everything_at_once() -> None:
    """Two quantities, and a price for a hundred: with one answered, the other is still to be asked."""
    rows = table("Qty,Qty Shipped,UOM,Price", "A:500,400,C,12.00")
    proposal = propose_for(contents(sheet(*rows)))
    assert not {"quantity_ordered", "unit_price"} & proposal.profile.columns.keys()
    asks = {ask.field: ask for ask in proposal.asks}
    made = answered(proposal.profile, asks["quantity_ordered"], "Qty Shipped")
    made = answered(made, asks["unit_price"], asks["unit_price"].choices[0])
    assert {name: made.columns[name] for name in ("quantity_ordered", "unit_price")} == {
        "quantity_ordered": ("Qty Shipped",),
        "unit_price": ("Price",),
    }
    with pytest.raises(FileUnreadable) as caught:
        vendor(*rows)
    assert '[columns] quantity_ordered = "Qty Shipped"; where Qty × Price is, [columns] unit_price' in str(caught.value)
