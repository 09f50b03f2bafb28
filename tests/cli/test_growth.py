"""What a check costs grows with the rows, not with their square. Calls are counted, so that no clock has a say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from importer.reading.columns import meaning
from importer.reading.formats.limits import ReadingLimits
from tests.cli.clerk import Clerk, as_csv, row

FEW, MANY = 250, 1_000


def _calls(clerk: Clerk, rows: list[dict[str, str]]) -> int:
    """How many functions are called, and generators resumed, by a check of these rows."""
    (clerk.folder / "march.csv").write_text(as_csv(rows), encoding="utf-8")
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before: Any = sys.getprofile()
    sys.setprofile(seen)
    try:
        said = clerk.runs("check", "march.csv", "--no-results")
    finally:
        sys.setprofile(before)
    assert said.code == 1
    return count


BADLY: Mapping[str, Callable[[int, int], dict[str, str]]] = {
    "each line has an unknown account": lambda _, n: row(
        "A-1", financial_account_id="Nobody", total_amount=f"{n}00.00"
    ),
    "each line has another unknown account": lambda at, _: row("A-1", financial_account_id=f"Nobody {at}"),
    "each line has no account": lambda *_: row("A-1", financial_account_id=""),
    "no amount can be read": lambda *_: row("A-1", line_amount="1.0.0"),
    "no amount and no account can be read": lambda *_: row("A-1", line_amount="1.0.0", financial_account_id="1.6E+12"),
    "each row contradicts the first": lambda at, _: row("A-1", notes=f"note {at}"),
    "one number at all vendors, every second row without": lambda at, _: row(
        "A-1", vendor_id="" if at % 2 else f"vend-{at}"
    ),
    "one number at all properties, every second row without": lambda at, _: row(
        "A-1", property_id="" if at % 2 else f"prop-{at}"
    ),
    "every row is negative": lambda _, n: row("A-1", line_amount="-1.00", total_amount=f"-{n}.01"),
    "every invoice is a cent off": lambda at, _: row(f"A-{at}", total_amount="100.01"),
}


@pytest.mark.parametrize("made", BADLY.values(), ids=list(BADLY))
def test_four_times_the_rows_cost_four_times_the_calls(
    clerk: Clerk, made: Callable[[int, int], dict[str, str]]
) -> None:
    """Also where every one of them has a problem."""
    few, many = ([made(at, count) for at in range(count)] for count in (FEW, MANY))
    _calls(clerk, few)  # what is loaded and remembered once
    assert _calls(clerk, many) < 4.6 * _calls(clerk, few)


def test_each_heading_of_the_widest_sheet_is_worked_out_once(clerk: Clerk) -> None:
    """However often it is asked what it means: more headings are kept in mind than a sheet can have."""
    columns = 6_000
    lines = as_csv([row("A-1"), row("A-2")]).splitlines()
    more = ",".join(f"Remark of {at} others" for at in range(columns))
    (clerk.folder / "wide.csv").write_text(
        "\n".join([f"{lines[0]},{more}", *(f"{line}{',x' * columns}" for line in lines[1:])]), encoding="utf-8"
    )
    before = meaning._meaning.cache_info().misses
    clerk.runs("check", "wide.csv", "--no-results")
    assert meaning._meaning.cache_info().misses - before < 3 * columns
    assert ReadingLimits().columns * 2 < meaning.REMEMBERED
