"""A function is one thought: no new one is more, and the list of those that still are only shrinks."""

from __future__ import annotations

from pathlib import Path

from tests.complexity import complaints, listed, offenders

NESTED = """def judge(a, b, c, d, e, f, g):
    for x in a:
        for y in b:
            if x:
                if y:
                    if c or d and e:
                        while f:
                            if g:
                                return 1
                            elif a:
                                return 2
                            elif b:
                                return 3
                            elif c:
                                return 4
                            elif d:
                                return 5
    return 0
"""


def test_the_house_keeps_its_list() -> None:
    """Nothing is more complex than it was, and what is mended is off the list."""
    assert complaints(offenders(), listed()) == []


def test_a_function_of_many_thoughts_is_found(tmp_path: Path) -> None:
    """By each of the three measures, under its name."""
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "room.py").write_text(NESTED, encoding="utf-8")
    found = offenders(tmp_path, "house")
    assert sorted(found) == [f"{what} house/room.py::judge" for what in ("cognitive", "cyclomatic", "parameters")]
    assert found["parameters house/room.py::judge"] == 7


def test_what_is_worse_or_mended_is_named() -> None:
    """A listed one may get better, never worse; one that is mended leaves the list."""
    assert complaints({"a": 20}, {"a": 21}) == []
    assert complaints({"a": 22, "b": 16}, {"a": 21}) == ["a is 22: make it several", "b is 16: make it several"]
    assert complaints({}, {"a": 21}) == ["a is mended: take it off too_complex.txt"]
