"""Money in every supported spelling is read back equal; what may be two things is refused or settled by its column."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.cells import Cell
from importer.domain.fields import ValueKind
from importer.reading.cells.parse_cell import (
    PLAIN,
    CellValue,
    NumberDateFormat,
    Unreadable,
    read_cells,
)
from importer.reading.cells.parse_money import Marks, evident_marks

cents = st.integers(-99_999_999_999, 99_999_999_999)
WESTERN, INDIAN = "western", "indian"
WITHOUT_CENTS = ("00", "-", "--", "–", "—", "−", " -")  # 150,- is how 150,00 is written from Rotterdam to Zurich


def grouped(digits: str, mark: str, style: str) -> str:
    """The digits with a thousands mark."""
    head, tail = digits[:-3], digits[-3:]
    step = 3 if style == WESTERN else 2
    groups = [tail]
    while head:
        head, group = head[:-step], head[-step:]
        groups.insert(0, group)
    return mark.join(groups)


@st.composite
def spelled(draw: st.DrawFn, amount: int, decimal: str) -> str:
    """One of the ways in which a vendor may write the amount (in cents) with this decimal mark."""
    whole, parts = divmod(abs(amount), 100)
    marks = {".": [",", "'", " ", "\u00a0", ""], ",": [".", "'", " ", "\u202f", ""]}[decimal]
    thousands = draw(st.sampled_from(marks))
    style = draw(st.sampled_from([WESTERN, INDIAN])) if thousands == "," else WESTERN
    cents = draw(st.sampled_from(WITHOUT_CENTS)) if not parts and amount else f"{parts:02}"
    text = f"{grouped(str(whole), thousands, style)}{decimal}{cents}"
    symbol = draw(st.sampled_from(["", "$", "$ ", "US$", "USD "]))
    trailing = draw(st.sampled_from(["", " USD", " $"])) if not symbol else ""
    if amount >= 0:
        return f"{symbol}{text}{trailing}"
    signs = ["-{s}{t}{e}", "{s}-{t}{e}", "({s}{t}{e})", "{s}{t}{e} CR", "−{s}{t}{e}"]
    if text[-1].isdigit():  # a minus after a dash would be one dash more
        signs += ["{s}{t}-{e}", "{s}{t}{e}-"]
    sign = draw(st.sampled_from(signs))
    return sign.format(s=symbol, t=text, e=trailing)


@given(st.data(), st.lists(cents, min_size=1, max_size=8), st.sampled_from([".", ","]))
def test_an_amount_in_any_spelling_is_read_back_equal(data: st.DataObject, amounts: list[int], decimal: str) -> None:
    """Whatever the symbols, signs and marks: two decimals show which mark is the decimal one."""
    texts = [data.draw(spelled(amount, decimal)) for amount in amounts]
    assert read_cells(texts, ValueKind.DOLLARS, PLAIN) == amounts


@given(st.integers(0, 9_999_999), st.sampled_from([".", ","]), st.sampled_from(WITHOUT_CENTS[1:]), st.booleans())
def test_a_dash_for_the_cents_needs_no_other_cell(whole: int, decimal: str, dash: str, is_american: bool) -> None:
    """It says itself which mark is the decimal one: 1.200,- is twelve hundred in whatever company."""
    text = grouped(str(whole), "," if decimal == "." else ".", WESTERN) + decimal + dash
    assert one(text, "1.50" if is_american else "1,50") == 100 * whole


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("150.00-", -15_000),
        ("150-", -15_000),
        ("150–", -15_000),
        ("1.250,50-", -125_050),
        ("150,-", 15_000),
        ("-150,-", -15_000),
        ("(150.--)", -15_000),
        ("150,–€", 15_000),
        ("CHF 1'150.—", 115_000),
        ("150,-- CR", -15_000),
    ],
)
def test_a_dash_after_a_mark_is_no_minus(text: str, amount: int) -> None:
    """A dash after the digits is one."""
    currency = "EUR" if "€" in text else "CHF" if "CHF" in text else "USD"
    assert one(text, settled=NumberDateFormat(currency=currency)) == amount


@pytest.mark.parametrize("text", ["150.---", "150.-5", "150.00--", "1.200.-", ",-", "12.-.50", "25.-27.", "-150,-CR"])
def test_other_dashes_are_no_amount(text: str) -> None:
    """Ranges, lines of dashes, a credit marked twice."""
    assert isinstance(one(text), Unreadable)


@pytest.mark.parametrize(
    "mark", [("45,50", "1,250.00", "3,400"), ("45.50", "1.250,00", "3.400"), ("7,-", "1.5", "3.400")]
)
@pytest.mark.parametrize("rows", [1, 2_000])
def test_a_column_that_contradicts_itself_settles_nothing(mark: tuple[str, str, str], rows: int) -> None:
    """Be the other way of writing a single cell far below: what may be either is named, with an example of both."""
    most, other, either = mark
    many = [f"{number}{most[-3:]}" for number in range(rows)] if len(most) > 3 else [most]
    value = one(either, *many, other)
    assert isinstance(value, Unreadable)
    assert "3400 or 3.400" in value.what
    assert f"'{other}'" in value.what
    assert one(most, *many, other) in (4550, 700)
    assert one(either, *many) in (340_000, 340)


def test_a_profile_settles_a_column_that_contradicts_itself() -> None:
    """It says which mark is which."""
    assert one("3,400", "45,50", "1,250.00", settled=NumberDateFormat(marks=Marks(certain=True))) == 340_000


@given(st.lists(cents, min_size=1))
def test_a_number_cell_is_read_to_fifteen_digits(amounts: list[int]) -> None:
    """What Excel stores as binary fractions comes back in exact cents."""
    assert read_cells([amount / 100 for amount in amounts], ValueKind.DOLLARS, PLAIN) == amounts


@given(st.text(max_size=30))
def test_no_text_crashes(text: str) -> None:
    """It is an amount, a blank, or refused with a sentence that quotes it."""
    (value,) = read_cells([text], ValueKind.DOLLARS, PLAIN)
    assert value is None or isinstance(value, (Decimal, Unreadable))


def one(cell: Cell, *beside: Cell, settled: NumberDateFormat = PLAIN) -> CellValue | Unreadable:
    """The first cell's value, in cents, in a column with others."""
    return read_cells([cell, *beside], ValueKind.DOLLARS, settled)[0]


def test_the_column_settles_what_a_cell_leaves_open() -> None:
    """1.234 is twelve hundred beside 5,50 and one dollar and a bit beside 5.50."""
    assert one("1.234", "5,50") == 123_400
    assert one("1.234", "5.50") == Decimal("123.4")
    assert one("1,234", "5.50") == 123_400
    assert one("1,234") == 123_400
    assert one("1,234", settled=NumberDateFormat(marks=Marks(",", ".", certain=True))) == Decimal("123.4")


@pytest.mark.parametrize("text", ["-", "$ -", " $-   ", "–"])
def test_accounting_formats_write_zero_as_a_dash(text: str) -> None:
    """Excel shows it so, and exports it so."""
    assert one(text) == 0


@pytest.mark.parametrize("cell", ["4.54747E-13", "-9.09495E-13", "1,2E-12", 4.547473508864641e-13, -1e-12])
def test_what_a_sum_leaves_that_cancels_out_is_zero(cell: Cell) -> None:
    """Spreadsheets reckon in binary fractions, and export the rest."""
    assert one(cell) == 0


@pytest.mark.parametrize(
    ("text", "beside", "code"),
    [
        ("FiveThousand", "1.00", "not-money"),
        ("N/A", "1.00", "not-money"),
        ("12,34,5", "1.00", "not-money"),
        ("1,23", "1.00", "not-money"),
        ("--5", "1.00", "not-money"),
        ("(5", "1.00", "not-money"),
        ("(-5)", "1.00", "not-money"),
        ("1.60E+12", "1.00", "damaged-number"),
        ("#REF!", "1.00", "error-cell"),
        ("£5", "1.00", "other-currency"),
        ("5 EUR", "1.00", "other-currency"),
        ("CAD 5", "1.00", "other-currency"),
        ("Rs. 50,000.00", "1.00", "other-currency"),
    ],
)
def test_what_is_no_amount_is_named(text: str, beside: str, code: str) -> None:
    """Words, half signs, digits grouped in no known way, another currency."""
    value = one(text, beside)
    assert isinstance(value, Unreadable)
    assert (value.kind.code, value.text) == (code, text)
    assert text.split()[0] in value.what


def test_an_account_in_another_currency_takes_that_one() -> None:
    """`currency` in a profile says which one is the account's; then dollars are the foreign ones."""
    rupees = NumberDateFormat(currency="INR")
    assert one("Rs. 50,000.00", settled=rupees) == 5_000_000
    assert one("₹ 1,00,000", settled=rupees) == 10_000_000
    assert isinstance(one("$5", settled=rupees), Unreadable)


def test_true_is_not_one() -> None:
    """A checkbox in an amount column is no dollar, although it equals 1 to a computer."""
    first, second = read_cells([1, True], ValueKind.DOLLARS, PLAIN)
    assert first == 100
    assert isinstance(second, Unreadable)


@pytest.mark.parametrize("kind", [ValueKind.DOLLARS, ValueKind.CENTS, ValueKind.QUANTITY])
def test_a_point_before_three_digits_is_asked_about(kind: ValueKind) -> None:
    """1.250 is twelve hundred to a German; where nothing else shows the mark, it is not taken for one and a quarter."""
    (found,) = read_cells(["1.250"], kind, PLAIN)
    assert isinstance(found, Unreadable)
    assert "it may be 1250 or 1.250" in found.what
    assert read_cells(["0.125", "12.1250"], ValueKind.QUANTITY, PLAIN) == [Decimal("0.125"), Decimal("12.125")]


def test_most_cells_of_a_column_decide() -> None:
    """Cells of the other kind are refused one by one: 1,50 among 1.50s may lack a digit."""
    assert evident_marks(["1,50", "3"]) == Marks(",", ".", certain=True)
    assert evident_marks(["1,50", "1.50"]) == Marks(certain=True, both=("1.50", "1,50"))
    assert evident_marks(["15", "1,500"]) == Marks()


@pytest.mark.parametrize("text", ["5'6", "12'50", "5'", "1'2'3.00", "100’5", "'150", "1250'000", "1'250'00.00"])
@pytest.mark.parametrize("kind", [ValueKind.DOLLARS, ValueKind.QUANTITY])
def test_apostrophes_group_thousands_only(text: str, kind: ValueKind) -> None:
    """Five foot six is not fifty-six."""
    assert isinstance(read_cells([text, "1.50"], kind, PLAIN)[0], Unreadable)


@pytest.mark.parametrize("text", ["12 50", "1 2500", "1250 000", "1.50 000", "12\u00a050", "1 250 00"])
def test_spaces_group_thousands_only(text: str) -> None:
    """Two numbers in one cell, or a lost decimal mark, are no amount."""
    (found,) = read_cells([text], ValueKind.DOLLARS, PLAIN)
    assert isinstance(found, Unreadable)
    assert found.kind.code == "not-money"


@pytest.mark.parametrize(
    "text", ["$1250.00", "1250.00", "$1250", "1,250.00", "(12.50)", ".50", "12,50", "USD 1250", "5,-"]
)
def test_dollars_in_a_column_of_cents_are_named(text: str) -> None:
    """A hundredth of what is meant would be paid."""
    (found,) = read_cells([text], ValueKind.CENTS, PLAIN)
    assert isinstance(found, Unreadable)
    assert found.kind.code == "not-money"


@pytest.mark.parametrize(
    ("text", "value"), [("125000", 125000), ("1,250", 1250), ("-5", -5), ("-", 0), ("12 500", 12500)]
)
def test_cents_in_a_column_of_cents(text: str, value: int) -> None:
    """Whole numbers, grouped or not."""
    assert read_cells([text], ValueKind.CENTS, PLAIN) == [value]
