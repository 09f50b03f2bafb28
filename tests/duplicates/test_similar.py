"""Bills that may be one bill: what is found, what is left alone, and how surely."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, timedelta
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.bills import Bill
from importer.duplicates.similar import Likeness, SimilarityReason, likenesses
from importer.validation.invoice_numbers import are_loosely_equal, number_of

DAY = date(2026, 3, 2)
A, B = "prop-aaaa", "prop-bbbb"


def bill(
    number: str | None, cents: int = 125_000, day: date | None = DAY, place: str | None = A, **more: object
) -> Bill:
    return Bill(**{"where": "here", "vendor_id": "vend-1", "property_id": place, "number": number, "issued": day,
                   "total": cents, **more})  # type: ignore[arg-type]  # spelt out by each test  # fmt: skip


NEXT = DAY + timedelta(days=9)
MONTH = DAY + timedelta(days=31)
YEAR = DAY + timedelta(days=365)

PAIRS = (
    # the same number but for zeros, prefixes and punctuation
    (bill("INV-001"), bill("1")),
    (bill("INV-001"), bill("1", 118_000)),
    (bill("000482"), bill("482", day=NEXT)),
    (bill("Invoice #7741"), bill("7741")),
    (bill("INV7741"), bill("inv-07741", 9_900)),
    (bill("2026-0045"), bill("2026-45")),
    (bill("24-001"), bill("24001")),
    (bill("A/1055/B"), bill("A1055B")),
    (bill("GL 10231"), bill("GL-10231", day=NEXT)),
    (bill("No. 88213"), bill("88213")),
    (bill("4410.2298.01"), bill("4410-2298-01")),
    (bill("RR_118"), bill("RR 0118")),
    # letters for digits
    (bill("1O01"), bill("1001")),
    (bill("SI-2I7"), bill("S1-217")),
    (bill("GL-IO231"), bill("GL-10231")),
    (bill("B0O9"), bill("BOO9", 90_000)),
    (bill("l204"), bill("1204")),
    # a suffix
    (bill("2044"), bill("2044-A")),
    (bill("2044"), bill("2044A")),
    (bill("INV-2044"), bill("2044 (2)")),
    (bill("2044"), bill("2044-copy", day=NEXT)),
    (bill("2044"), bill("2044 REV", 131_000)),
    (bill("2044"), bill("2044-R1", 131_000, NEXT)),
    (bill("CL-4402"), bill("CL-4402-1")),
    # another number or property
    (bill("5512"), bill("P-99817")),
    (bill("5512"), bill("5513")),
    (bill("5512"), bill("5512", place=B)),
    (bill("5512"), bill("A-7", place=B)),
    (bill(None), bill("5512")),
    (bill("0093", 61_218), bill("STMT-2026-03", 61_218)),
)
"""Thirty bills that arrived twice."""

ENDINGS = (
    "EVE-10454 copy 2",
    "EVE-10454 - Copy (2)",
    "EVE-10454 (1)",
    "EVE-10454.0",
    "ЕVЕ-10454",  # two of the letters are Cyrillic
    "ЕѴЕ-10454".replace("Ѵ", "v"),
    "EVE-1O454rev1",
    "EVE-10454 v2",
    "EVE-10454-reissued",
    "EVE-10454 Kopie",
    "EVE-10454copy",
)
"""How one bill is dressed up as another: said whatever the amount."""

PARTS = ("EVE-10454a", "EVE-10454-A", "EVE-10454_A", "EVE-10454/2", "10454")
"""These may as well be parts of one order, or another numbering: said where the amount is the same."""

SERIES = {"table": 1}
STRANGERS = (
    # neighbours in a vendor's own numbering
    (bill("1001"), bill("1002", day=NEXT)),
    (bill("1001", 20_000), bill("1010", 30_000)),
    (bill("1001"), bill("10010", 70_000)),
    (bill("INV-100"), bill("INV-1000", 70_000)),
    (bill("19", 5_000), bill("190", 50_000)),
    (bill("GL-10231"), bill("GL-10213", 70_000)),
    (bill("7741"), bill("7714", 70_000)),
    # the same digits, cut differently
    (bill("1-23", 10_000), bill("12-3", 20_000)),
    (bill("4410-2298-01", 61_218), bill("4410-2298-02", 48_877)),
    (bill("4410-2298-01-0326", 61_218), bill("4410-2298-01-0426", 60_101, MONTH)),
    # numbers that begin again
    (bill("001"), bill("1", 98_000, YEAR)),
    (bill("0007", 30_000), bill("INV-7", 45_000, YEAR)),
    (bill("March", 30_000), bill("March", 45_000, YEAR, B)),
    # parts of one order, each with its own amount
    (bill("PO-88-1", 10_000), bill("PO-88-2", 20_000)),
    (bill("2044", 50_000), bill("2044-1", 25_000)),
    (bill("2044A", 50_000), bill("2044B", 25_000)),
    (bill("2044-A", 50_000), bill("2044-C", 25_000, NEXT)),
    # one number billed to two properties, each with its share
    (bill("5512", 40_000), bill("5512", 60_000, place=B)),
    (bill("0093", 61_218), bill("93", 48_877, place=B)),
    (bill("INV-001", 40_000), bill("1", 60_000, place=B)),
    # a flat fee
    (bill("FEE-03", 85_000), bill("FEE-04", 85_000, MONTH)),
    (bill("FEE-03", 85_000), bill("FEE-03A", 86_000, MONTH)),
    (bill("31 March", 85_000), bill("30 April", 85_000, MONTH)),
    # another vendor
    (bill("INV-001"), bill("1", vendor_id="vend-2")),
    (bill("5512"), bill("5512", vendor_id="vend-2")),
    (bill("5512"), bill("5512", place=B, vendor_id="vend-2")),
    # nothing to compare
    (bill(None, 0), bill(None, 0)),
    (bill("5512", 0), bill("8813", 0)),
    (bill("-", 10_000), bill("#", 20_000)),
    (bill("WO-5", 10_000), bill("WD-5", 20_000)),
)
"""Thirty pairs that look alike and are two bills each."""


def found(pair: tuple[Bill, Bill]) -> bool:
    return bool(likenesses([pair[0]], [pair[1]]))


def test_thirty_pairs_and_thirty_look_alikes() -> None:
    """Recall and precision on the table above, both without a miss."""
    missed = [pair for pair in PAIRS if not found(pair)]
    wrong = [pair for pair in STRANGERS if found(pair)]
    assert (len(PAIRS), len(STRANGERS)) == (30, 30)
    assert (missed, wrong) == ([], [])


@pytest.mark.parametrize("number", [*ENDINGS, *PARTS])
def test_an_ending_makes_no_other_bill(number: str) -> None:
    """A word that says "once more" or a letter that only looks like another is told whatever the amount; a part only
    where the amount is the same."""
    held = bill("EVE-10454", 42_000)
    assert found((bill(number, 42_000, NEXT), held))
    assert found((bill(number, 39_000, NEXT), held)) == (number in ENDINGS)


def test_what_was_posted_or_is_held_is_told_before_what_stands_in_the_file() -> None:
    """Three more of the same file do not hide the one in ResMan."""
    rows = [bill(number, table=1) for number in ("7001", "07001", "7001 copy", "7001-A")]
    told = likenesses(rows, [bill("9999")])[0]
    assert (len(told), told[0].other.number) == (3, "9999")


@pytest.mark.parametrize("pair", [*PAIRS, *STRANGERS])
def test_likeness_is_mutual(pair: tuple[Bill, Bill]) -> None:
    """Whichever comes first, and whether both are of one file or one was known before."""
    one, other = pair
    both = likenesses([one, other])
    assert (0 in both) == (1 in both) == found(pair) == found((other, one))


def test_the_surest_reason_is_given_first_and_few_are_given() -> None:
    """A number typed differently counts before a mere amount; not more than three are told."""
    known = [bill(f"OTHER-{n}7") for n in range(5)] + [bill("0005512")]
    (told,) = likenesses([bill("5512")], known).values()
    assert [each.why for each in told] == [
        SimilarityReason.NUMBER,
        SimilarityReason.OTHER_NUMBER,
        SimilarityReason.OTHER_NUMBER,
    ]


def test_a_bill_of_an_unknown_property_is_not_said_to_be_elsewhere() -> None:
    """Its property may be the same, once its name is known."""
    (told,) = likenesses([bill("5512")], [bill("8813", place=None)]).values()
    assert [each.why for each in told] == [SimilarityReason.OTHER_NUMBER]


@pytest.mark.parametrize(
    ("likeness", "words"),
    [
        (Likeness(bill("5512", place=None), SimilarityReason.NUMBER), "it is not known at which property"),
        (
            Likeness(bill("5512", place=B), SimilarityReason.NUMBER),
            "vendor and number are the same, at another property",
        ),
        (Likeness(bill(None), SimilarityReason.OTHER_NUMBER), "one of them has no number"),
        (
            Likeness(bill("5512", place=None), SimilarityReason.NO_VENDOR),
            "which vendor that one is, nor at which property",
        ),
        (Likeness(bill("05512"), SimilarityReason.NUMBER), "the same but for zeros"),
    ],
)
def test_no_more_is_said_than_is_known(likeness: Likeness, words: str) -> None:
    """Any part of a bill that ResMan holds may be missing."""
    assert words in likeness.said("5512")


def test_the_same_service_at_every_building_is_a_series() -> None:
    """Three bills of one table over one amount on one day, each its own, are meant; two are said; a bill that stands
    there under the same property and number besides is no series."""
    rows = [bill(str(5512 + at), place=f"prop-{at}", table=1) for at in range(8)]
    assert likenesses(rows) == {}
    assert set(likenesses(rows[:2])) == {0, 1}
    assert set(likenesses([*rows, bill("5512", place="prop-0", table=1)])) >= set(range(8))
    elsewhere = bill("A-1", place="prop-9")
    assert set(likenesses(rows, [elsewhere])) == set(range(8))


def calls_of(bills: list[Bill]) -> int:
    """How many functions are called for comparing these bills."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        likenesses(bills)
    finally:
        sys.setprofile(None)
    return counted


ALIKE: dict[str, Callable[[int], Bill]] = {
    "a fee of every unit": lambda at: bill(f"U-{at}X", table=1),
    "each in a file of its own": lambda at: bill(f"U-{at}X", table=at),
    "one word for a number": lambda at: bill("RENT", 2_500 + at, table=1),
    "one word, few amounts": lambda at: bill("RENT", 2_500 + at % 7, DAY + timedelta(days=at), B, table=1),
}


@pytest.mark.parametrize("alike", ALIKE.values(), ids=ALIKE)
def test_very_many_alike_are_not_compared_each_with_each(alike: Callable[[int], Bill]) -> None:
    """Twice as many bills that share what bills are known by take about twice the work; and a pair among them is
    found as ever."""
    few, many = (calls_of([alike(at) for at in range(count)]) for count in (300, 600))
    assert many < 3 * few
    found = likenesses([*(alike(at) for at in range(300)), bill("0005512", 777)], [bill("5512", 777, NEXT)])
    assert [each.why for each in found[300]] == [SimilarityReason.NUMBER]


def test_exactly_the_same_number_is_no_likeness() -> None:
    """That is the same invoice, and the ledger, the file's rules or ResMan speak of it."""
    assert likenesses([bill("INV-1")], [bill("inv-1")]) == {}


NUMBERS = st.from_regex(r"[A-HJKMNP-Z]{0,3}[-/ .]?[1-9][0-9]{0,7}", fullmatch=True)


@given(NUMBERS, st.integers(0, 4), st.sampled_from(["", "INV-", "inv ", "Invoice #", "No. ", "#"]))
def test_zeros_case_and_prefixes_never_make_another_number(number: str, zeros: int, prefix: str) -> None:
    """However a clerk dresses a number up, it is loosely the same."""
    head = number.rstrip("0123456789")
    dressed = f"{prefix if not head else ''}{head}{'0' * zeros}{number[len(head) :]}".lower()
    assert are_loosely_equal(number_of(number), number_of(dressed))


@given(st.integers(1, 10**8), st.integers(1, 10**8))
def test_two_plain_numbers_are_two_numbers(one: int, other: int) -> None:
    """Digits alone are the same only where they are."""
    assert are_loosely_equal(number_of(str(one)), number_of(str(other))) == (one == other)


def test_a_number_at_another_property_is_said_where_the_vendor_counts_its_bills_through() -> None:
    """Mistyped: other amount and date, among numbers that belong to one bill each. Not one bill over two properties,
    and not where the vendor counts at each property anew."""
    through = [bill(str(880_100 + n), 10_000 + n, DAY + timedelta(days=n), A if n % 2 else B) for n in range(20)]
    mistyped = bill("880104", 9_999, DAY + timedelta(days=7), A)
    assert [one.why for one in likenesses([mistyped, *through])[0]] == [SimilarityReason.MISTYPED]
    assert [one.why for one in likenesses([mistyped], through)[0]] == [SimilarityReason.MISTYPED]
    assert likenesses([bill("880104", 9_999, DAY + timedelta(days=4), A), *through]) == {}  # one bill, over two
    assert likenesses([bill("880104", 9_999, YEAR, A), *through]) == {}
    anew = [bill(str(n), 100 * n + len(place), DAY + timedelta(days=n + len(place)), place)
            for n in range(1, 15) for place in ("prop-one", "prop-three")]  # fmt: skip
    assert likenesses(anew) == {}
