"""The layout that the report writes and the reader takes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.workbook_format.layout import (
    FRONT,
    MARK,
    ROWS,
    TO_FIX_FRONT,
    RowMark,
    clerk_columns,
    is_sheet_of,
    numbered,
    row_digest,
)


@given(
    status=st.sampled_from(["posted", "skipped", "no_invoice"]),
    key=st.none() | st.text("0123456789abcdef", min_size=24, max_size=24),
)
def test_a_mark_is_read_back(status: str, key: str | None) -> None:
    """As the cell holds it, spaces around it or not."""
    mark = RowMark.of(status, key, "a.csv", None, 2, ("x", 1))
    assert RowMark.parse(f" {mark.text} ") == mark
    assert mark.is_of("a.csv", None, 2)


def test_a_mark_fits_one_row_only_and_shows_when_it_was_edited() -> None:
    """Another place, another status, another invoice or another digest: none of it can be passed off."""
    mark = RowMark.of("posted", "abc", "a.csv", None, 2, ("x",))
    others = [RowMark.of("posted", "abc", *place, ("x",)) for place in (("b.csv", None, 2), ("a.csv", None, 3))]
    edited = [replace(mark, status="needs_fixing"), replace(mark, key=None), replace(mark, digest="0" * 16)]
    assert not any(one.is_of("a.csv", None, 2) for one in (*others, *edited))


@pytest.mark.parametrize("text", ["", "posted", "1:posted::00", "2:posted", "2:a:b:c:d:e"])
def test_what_is_no_mark(text: str) -> None:
    """Text that somebody typed there is not taken for one."""
    assert RowMark.parse(text) is None


def test_only_what_did_not_go_is_open() -> None:
    """Posted rows, rows that may have arrived and rows that were left out are not for correcting."""
    states = (
        "ready",
        "posted",
        "already_posted",
        "needs_fixing",
        "refused",
        "in_doubt",
        "not_sent",
        "conflict",
        "skipped",
        "no_invoice",
    )
    assert [state for state in states if RowMark(state, None, "", "").is_open] == [
        "needs_fixing", "refused", "not_sent", "conflict", "no_invoice",
    ]  # fmt: skip


@given(st.integers(0, 200))
def test_continuations_are_recognised(index: int) -> None:
    """ "Rows", "Rows 2", … belong together; other sheets do not."""
    assert is_sheet_of(numbered(ROWS, index), ROWS)
    assert not is_sheet_of(numbered(ROWS, index), "To fix")


@pytest.mark.parametrize("title", ["Rows 1", "Rows 02", "rows", "Rows2", "My Rows", "Rows "])
def test_other_names_are_not_ours(title: str) -> None:
    """Only the exact names."""
    assert not is_sheet_of(title, ROWS)


def test_the_clerks_columns_lie_between_ours() -> None:
    """Also when one of them is called like ours, and when something was added behind."""
    assert clerk_columns([*FRONT, "Inv", MARK, "Net", MARK, "my note"]) == range(7, 10)
    assert clerk_columns([*TO_FIX_FRONT, MARK]) == range(7, 7)
    assert clerk_columns(["Inv", *FRONT, MARK]) is None
    assert clerk_columns([*FRONT, "Inv"]) is None


def test_a_duration_is_the_same_with_and_without_its_millionths() -> None:
    """Readers of workbooks round them to thousandths of a second."""
    digests = {row_digest("a", None, 2, (timedelta(microseconds=time),)) for time in (500_001, 500_000, 499_999)}
    assert len(digests) == 1


def test_workbooks_of_older_versions_do_not_repeat_the_number() -> None:
    """They can be given back all the same."""
    older = [heading for heading in TO_FIX_FRONT if heading != "Invoice"]
    assert clerk_columns([*older, "Invoice", "Net", MARK]) == range(6, 8)


def test_a_digest_changes_with_what_matters() -> None:
    """Content and place count; trailing blanks, and numbers typed as text, do not; nor the 13th digit of a fraction."""
    digest = row_digest("a.xlsx", "S", 2, ("x", 1250.0, None))
    assert digest == row_digest("a.xlsx", "S", 2, ("x", "1250"))
    assert row_digest("a", None, 2, (37.35667769206745,)) == row_digest("a", None, 2, (37.3566776920675,))
    others = [
        row_digest("b.xlsx", "S", 2, ("x", 1250.0)),
        row_digest("a.xlsx", None, 2, ("x", 1250.0)),
        row_digest("a.xlsx", "S", 3, ("x", 1250.0)),
        row_digest("a.xlsx", "S", 2, ("x", 1250.01)),
        row_digest("a.xlsx", "S", 2, ("x", None, 1250.0)),
        row_digest("a.xlsx", "S", 2, ("x1250",)),
    ]
    assert len({digest, *others}) == len(others) + 1
