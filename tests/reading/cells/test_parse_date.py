"""Dates in every supported spelling are read back equal; day and month are never assumed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from importer.domain.cells import Cell
from importer.domain.fields import ValueKind
from importer.reading.cells.parse_cell import (
    EXCEL_EPOCH,
    PLAIN,
    CellValue,
    NumberDateFormat,
    Unreadable,
    read_cells,
)
from importer.reading.cells.parse_date import MONTHS, DateOrder

days = st.dates(date(2000, 1, 1), date(2029, 12, 31))
NAMES = {number: [name for name, of in MONTHS.items() if of == number] for number in range(1, 13)}


def one(cell: Cell, *beside: Cell, order: DateOrder | None = None) -> CellValue | Unreadable:
    """The first cell's date, in a column with others."""
    return read_cells([cell, *beside], ValueKind.DATE, NumberDateFormat(date_order=order))[0]


@given(days, st.data())
def test_spellings_that_say_it_all_are_read_back_equal(day: date, data: st.DataObject) -> None:
    """Year first, or the month by its name in any of the languages, with a time of day or without."""
    name = data.draw(st.sampled_from(NAMES[day.month]))
    name = data.draw(st.sampled_from([name, name.title(), name.upper()]))
    assume(name.casefold() in MONTHS or name.lower() in MONTHS)
    text = data.draw(
        st.sampled_from(
            [
                day.isoformat(),
                f"{day:%Y/%m/%d}",
                f"{day:%Y.%m.%d}",
                f"{day:%Y%m%d}",
                f"{day.year}-{day.month}-{day.day}",
                f"{day.day} {name} {day.year}",
                f"{day.day:02}-{name}-{day:%y}",
                f"{day.day}. {name} {day.year}",
                f"{name} {day.day}, {day.year}",
                f"{name} {day.day} {day.year}",
                f"Monday, {name} {day.day}, {day.year}",
                f"{day.day}{name}{day.year}",
                f"{day.year}-{name}-{day.day:02}",
                f"{name} the {day.day}th {day.year}",
                f"den {day.day}.\u00a0{name} {day.year}",
                f"\u200e{day.day} de {name} del {day.year}",
            ]
        )
    )
    time = data.draw(st.sampled_from(["", "T09:30:00Z", " 23:59", "T00:00:00.000+02:00", " 9:30 PM"]))
    assert one(text + time) == day


@pytest.mark.parametrize("text", ["13. 11. 2026", "13 / 11 / 2026", "\u200f13/11/2026", "13.11.2026 12.30.00,000"])
def test_blanks_and_marks_that_change_no_date(text: str) -> None:
    """As typed by hand, or exported where writing runs from right to left."""
    assert one(text) == date(2026, 11, 13)
    assert one("03/04/2026", text) == date(2026, 4, 3)


@given(
    st.lists(days, min_size=1, max_size=10),
    st.sampled_from(["/", "-", ".", " "]),
    st.sampled_from(["MDY", "DMY"]),
    st.booleans(),
)
def test_a_column_in_one_order_is_read_back_equal_or_asked_about(
    dates: list[date], mark: str, order: DateOrder, short: bool
) -> None:
    """One day above 12 settles the column; without one, only days that are the same either way are read."""
    pattern = {"MDY": "%m{0}%d{0}%{1}", "DMY": "%d{0}%m{0}%{1}"}[order].format(mark, "y" if short else "Y")
    values = read_cells([day.strftime(pattern) for day in dates], ValueKind.DATE, PLAIN)
    year_first = short and order == "DMY"  # 20/01/01 may begin with the year
    if any(day.day > 12 and not (year_first and day.day >= 20 and day.year > 2000) for day in dates):
        assert values == dates
        return
    for day, value in zip(dates, values, strict=True):
        if day.day == day.month:
            assert value == day
        else:
            assert isinstance(value, Unreadable)
            assert value.kind.code == "ambiguous-date"


@given(days, st.sampled_from(["MDY", "DMY", "YMD"]))
def test_a_profile_settles_the_order(day: date, order: DateOrder) -> None:
    """`date_order` reads every date of its order."""
    pattern = {"MDY": "%m/%d/%Y", "DMY": "%d/%m/%Y", "YMD": "%y/%m/%d"}[order]
    assert one(day.strftime(pattern), order=order) == day


@given(days, st.integers(0, 86_399))
def test_day_numbers_of_a_workbook_are_dates(day: date, seconds: int) -> None:
    """A number cell in a date column is the day that Excel means, in both of its calendars."""
    serial = (day - EXCEL_EPOCH).days + seconds / 86_400
    assert one(serial) == day
    mac = NumberDateFormat(date_1904=True)
    since = (day - date(1904, 1, 1)).days
    assert read_cells([since], ValueKind.DATE, mac) == [day]


@given(days, st.times())
def test_date_cells_are_taken_as_they_are(day: date, time: object) -> None:
    """With or without a time of day."""
    assert one(day) == day
    assert one(datetime(day.year, day.month, day.day) + timedelta(hours=5)) == day  # noqa: DTZ001 - cells have no zone


@given(st.text(max_size=30))
def test_no_text_crashes(text: str) -> None:
    """It is a date, a blank, or refused."""
    value = one(text)
    assert value is None or isinstance(value, (date, Unreadable))


@pytest.mark.parametrize(
    "text",
    ["2026-13-01", "2026-02-30", "08//01/2019", "03/14/20x6", "31/31/2026", "tomorrow", "46095", "3/2026", "0/0/2026"],
)
def test_days_that_cannot_be_are_no_dates(text: str) -> None:
    """Also a day number that is text: whose calendar it counts in cannot be told."""
    value = one(text)
    assert isinstance(value, Unreadable)
    assert (value.kind.code, value.text) == ("not-a-date", text)


def test_two_orders_in_one_column_settle_nothing() -> None:
    """14/03 and 03/14 are read, each by itself; 03/04 is asked about."""
    values = read_cells(["14/03/2026", "03/14/2026", "03/04/2026"], ValueKind.DATE, PLAIN)
    assert values[:2] == [date(2026, 3, 14), date(2026, 3, 14)]
    assert isinstance(values[2], Unreadable)


def test_the_two_dates_that_contradict_each_other_are_named() -> None:
    """One mistyped date makes all of a column doubtful: it is the one to correct. One that is no day at all is none."""
    found = one("11/03/2026", "11/13/2026", "13/11/2026")
    assert isinstance(found, Unreadable)
    assert found.what == (
        "'11/03/2026' may be day/month or month/day: "
        "'11/13/2026' can only be month/day, and '13/11/2026' only day/month."
    )
    assert str(found.advice).startswith("Correct the one of the two that is mistyped")
    assert one("11/03/2026", "11/13/2026", "31/11/2026") == date(2026, 11, 3)


def test_a_column_half_converted_by_a_foreign_excel_is_not_believed() -> None:
    """3/14/2026 stayed text, and 3/4/2026 became the third of April: only the text shows what happened."""
    values = read_cells([date(2026, 4, 3), "3/14/2026", date(2026, 5, 5)], ValueKind.DATE, PLAIN)
    assert isinstance(values[0], Unreadable)
    assert values[1:] == [date(2026, 3, 14), date(2026, 5, 5)]
    believed = read_cells([date(2026, 4, 13), "3/14/2026"], ValueKind.DATE, PLAIN)
    assert believed == [date(2026, 4, 13), date(2026, 3, 14)]


@pytest.mark.parametrize("text", ["05/05/2026", "07/08/2026 ", "26/10/02"])
def test_one_text_that_tells_is_enough_to_doubt_the_others(text: str) -> None:
    """A date that was left as text beside it, and tells nothing, takes nothing away from that."""
    taken = [date(2026, 3, 4), date(2026, 5, 6), date(2026, 5, 5)]
    values = read_cells([*taken, "13/06/2026", text], ValueKind.DATE, PLAIN)
    assert [isinstance(value, Unreadable) for value in values[:4]] == [True, True, False, False]


@pytest.mark.parametrize("texts", [["05/05/2026"], ["13/06/2026", "06/14/2026"], ["2026-06-13"], ["13 June 2026"]])
def test_texts_that_tell_nothing_of_a_conversion(texts: list[str]) -> None:
    """None that tells, both orders, or spellings that no program would have misread."""
    assert read_cells([date(2026, 3, 4), *texts], ValueKind.DATE, PLAIN)[0] == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("26/10/02", "ambiguous-date"),
        ("26-03-31", "ambiguous-date"),
        ("not 5 Mar 2026", "not-a-date"),
        ("VOID 9 Mar 2026", "not-a-date"),
    ],
)
def test_a_doubtful_date_is_named(text: str, code: str) -> None:
    """A year of two digits may stand first or last; a word before a date is part of what the cell says."""
    (found,) = read_cells([text], ValueKind.DATE, PLAIN)
    assert isinstance(found, Unreadable)
    assert found.kind.code == code


def test_a_column_shows_where_the_year_stands() -> None:
    """14/03/26 is no day of 2014 among invoices, and then 26/10/25 is read like it; a weekday is no word."""
    assert read_cells(["14/03/26", "26/10/25"], ValueKind.DATE, PLAIN) == [date(2026, 3, 14), date(2025, 10, 26)]
    assert read_cells(["Thu 5 Mar 2026"], ValueKind.DATE, PLAIN) == [date(2026, 3, 5)]
