"""How the text of a cell looks, as far as that says something: struck out, raised, in letters that nobody sees.

A cell may have several texts in it: "100" struck out and "90" beside it, or "95" with a small 1 of a footnote. They are
kept apart here, and joined with a line break, so that they are never read as one number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from importer.domain.cells import Cell, cell_text

Position = tuple[int, int]  # row and column, 0-based


class TextLook(StrEnum):
    """How a text looks; the words are those of a sentence, but for the usual look."""

    USUAL = ""
    STRUCK = "struck out"
    RAISED = "raised"
    LOWERED = "lowered"
    UNSEEN = "in white letters"


class Piece(NamedTuple):
    """A part of a cell's text that looks alike."""

    text: str
    look: TextLook = TextLook.USUAL


Pieces = tuple[Piece, ...]

_SMALL = {
    TextLook.RAISED: str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"),
    TextLook.LOWERED: str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"),
}
_READ_ON = {TextLook.USUAL, *_SMALL}  # what is read without a stop
_CENTS = re.compile(r"\d[.,]\d\d")
WHITE = frozenset(("ffffff", "fff", "white", "ffffffff", "00ffffff"))  # as the formats write it


def settled(pieces: Iterable[Piece]) -> Pieces:
    """The pieces without blank ones, neighbours of one look made one. Where a digit meets a digit they stay apart:
    whoever made them two may have meant two numbers."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        last = found[-1] if found else None
        if last is not None and piece.look is TextLook.RAISED and _CENTS.fullmatch(last.text[-2:] + piece.text.strip()):
            piece = Piece(piece.text, last.look)  # $1,500.50 with small cents
        if last is not None and not piece.text.strip():
            found[-1] = Piece(last.text + piece.text, last.look)
        elif last is not None and not last.text.strip():
            found[-1] = Piece(last.text + piece.text, piece.look)
        elif last is None or last.look is not piece.look or (last.text[-1:].isdigit() and piece.text[:1].isdigit()):
            found.append(piece)
        else:
            found[-1] = Piece(last.text + piece.text, last.look)
    return tuple(piece for piece in found if piece.text.strip())


def joined(pieces: Sequence[Piece]) -> str:
    """The cell's text: raised and lowered digits as such, and whatever else looks unlike its neighbour in a line of
    its own."""
    text, last = "", TextLook.USUAL
    for piece in pieces:
        said = piece.text.translate(_SMALL[piece.look]) if text and piece.look in _SMALL else piece.text
        is_beside = {piece.look, last} <= _READ_ON and (piece.look in _SMALL or last in _SMALL)
        text = f"{text}{said}" if is_beside or not text else f"{text.rstrip()}\n{said.lstrip()}"
        last = piece.look
    return text


def is_telling(pieces: Sequence[Piece]) -> bool:
    """True where the looks say something: several pieces, or one that is struck out or cannot be seen."""
    return len(pieces) > 1 or any(piece.look in (TextLook.STRUCK, TextLook.UNSEEN) for piece in pieces)


def still_there(looks: Mapping[Position, Pieces], row: int, column: int, cell: Cell) -> Pieces:
    """How this cell looks; nothing where its text is another one now. The row is 0-based."""
    pieces = looks.get((row, column), ())
    return pieces if pieces and joined(pieces).split() == cell_text(cell).split() else ()


def kept(looks: Mapping[Position, Pieces], comments: Mapping[Position, str]) -> dict[str, str]:
    """Both as a results workbook keeps them, to be read again by `restored`."""
    said: dict[str, str] = {}
    if looks:
        said["looks"] = json.dumps([[*place, pieces] for place, pieces in looks.items()])
    if comments:
        said["comments"] = json.dumps([[*place, text] for place, text in comments.items()])
    return said


def restored(details: Mapping[str, str]) -> tuple[dict[Position, Pieces], dict[Position, str]]:
    """What `kept` wrote. Raises ValueError where it is something else."""
    looks = {
        (int(row), int(column)): tuple(Piece(str(text), TextLook(look)) for text, look in pieces)
        for row, column, pieces in json.loads(details.get("looks", "[]"))
    }
    comments = {(int(row), int(column)): str(text) for row, column, text in json.loads(details.get("comments", "[]"))}
    return looks, comments
