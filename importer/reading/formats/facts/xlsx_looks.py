"""How the cells of an xlsx look, and what is commented on them: fonts that strike out or hide, texts of several runs.

Ordinary workbooks have none of it, which a search for a few bytes tells; only where there is some is the XML parsed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from xml.etree import ElementTree
from xml.parsers import expat

from importer.reading.formats.facts.looks import (
    WHITE,
    Piece,
    Pieces,
    Position,
    TextLook,
    is_telling,
    settled,
)
from importer.reading.formats.facts.sheet_facts import Details

Part = Callable[[str], bytes | None]
"""A part of the package by its path."""

RUN_END = re.compile(rb"/r>")  # one pattern that begins with plain text: a search is five times as fast as `in`
PREFIXED_RUN_END = re.compile(rb":r>")
OFF = ("0", "false", "none")
WHITES = (b"theme", b"indexed", b"FFFFFF", b"ffffff")
ABOVE, BELOW = "superscript", "subscript"
PLAIN_FILLS = ("none", "")
LONGEST_COMMENT = 1_000  # characters
THREADED = "Comment:\n"  # stands before the words of one in the form that older programs see


def has_runs(content: bytes) -> bool:
    """True where a part may have texts of several runs in it."""
    return RUN_END.search(content) is not None or PREFIXED_RUN_END.search(content) is not None


def styles_of(part: Part) -> dict[int, TextLook]:
    """The cell styles, by number, that strike out what they format, or write it white on white."""
    content = part("xl/styles.xml") or b""
    if b"strike" not in content and not any(mark in content for mark in WHITES):
        return {}
    fonts: list[TextLook] = []
    fills: list[bool] = []  # whether each leaves the sheet white
    found: dict[int, TextLook] = {}
    for name, element in _sections(content):
        if name == "fonts":
            fonts = [_look(font) for font in element]
        elif name == "fills":
            fills = [_is_white(fill) for fill in element]
        elif name == "cellXfs":
            for number, style in enumerate(element):
                font, fill = int(style.get("fontId", 0)), int(style.get("fillId", 0))
                look = fonts[font] if font < len(fonts) else TextLook.USUAL
                covered = look is TextLook.UNSEEN and fill < len(fills) and not fills[fill]
                if look in (TextLook.STRUCK, TextLook.UNSEEN) and not covered:
                    found[number] = look
    return found


def shared_texts(content: bytes) -> dict[int, Pieces]:
    """The shared texts, by number, whose runs say more than the text alone."""
    if not has_runs(content):
        return {}
    found: dict[int, Pieces] = {}
    for number, item in enumerate(_parsed(content)):
        pieces = _pieces(item)
        if is_telling(pieces):
            found[number] = pieces
    return found


def comments_of(part: Part, sheet_path: str) -> dict[Position, str]:
    """What is commented on the cells of one sheet."""
    folder, name = posixpath.split(sheet_path)
    links = part(f"{folder}/_rels/{name}.rels")
    found: dict[Position, str] = {}
    for link in _parsed(links or b""):
        if not link.get("Type", "").endswith("/comments"):
            continue
        target = link.get("Target", "")
        path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        for element in _parsed(part(path) or b"").iter():
            if _name(element) == "comment" and (place := _position(element.get("ref", ""))) is not None:
                text = "".join(each.text or "" for each in element.iter() if _name(each) == "t")
                found[place] = text.rpartition(THREADED)[2][:LONGEST_COMMENT]
    return found


def note_looks(details: Details, sheet: bytes, styles: Mapping[int, TextLook], rich: Mapping[int, Pieces]) -> None:
    """Notes how the cells of one sheet's XML look. `styles` and `rich` are those of the functions above."""
    walk = _Walk(details, styles, rich)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
    parser.CharacterDataHandler = walk.text
    with suppress(expat.ExpatError, ValueError):
        parser.Parse(sheet, True)  # noqa: FBT003 - expat takes it by position only


class _Walk:
    """Where the parser stands in a sheet."""

    def __init__(self, details: Details, styles: Mapping[int, TextLook], rich: Mapping[int, Pieces]) -> None:
        self._details, self._styles, self._rich = details, styles, rich
        self._row = self._column = -1
        self._kind = ""
        self._value = ""
        self._pieces: list[Piece] = []
        self._look = TextLook.USUAL
        self._into = ""  # which text is being read: "v", "t", or none
        self._is_run = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            self._row, self._column = int(attributes.get("r", self._row + 2)) - 1, -1
        elif name == "c":
            place = _position(attributes.get("r", ""))
            self._row, self._column = (self._row, self._column + 1) if place is None else place
            self._kind, self._value, self._pieces = attributes.get("t", ""), "", []
            if (style := attributes.get("s", "")).isdecimal() and int(style) in self._styles:
                self._details.styles[self._row, self._column] = self._styles[int(style)]
        elif name == "r":
            self._is_run, self._look = True, TextLook.USUAL
        elif name in ("v", "t"):
            self._into = name
        elif self._is_run:
            self._look = _font_look(name, attributes) or self._look

    def text(self, characters: str) -> None:
        if self._into == "v":
            self._value += characters
        elif self._into == "t" and self._is_run:
            self._pieces.append(Piece(characters, self._look))

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == self._into:
            self._into = ""
        elif name == "r":
            self._is_run = False
        elif name == "c":
            pieces = settled(self._pieces)
            if self._kind == "s" and self._value.strip().isdecimal():
                pieces = self._rich.get(int(self._value), ())
            if is_telling(pieces):
                self._details.looks[self._row, self._column] = pieces


def _pieces(item: ElementTree.Element) -> Pieces:
    """The runs of a text; one that is written as a whole has no look of its own."""
    found: list[Piece] = []
    for run in item:
        if _name(run) == "r":
            properties = next((each for each in run if _name(each) == "rPr"), None)
            text = "".join(each.text or "" for each in run if _name(each) == "t")
            found.append(Piece(text, TextLook.USUAL if properties is None else _look(properties)))
    return settled(found)


def _look(font: ElementTree.Element) -> TextLook:
    looks = [look for each in font if (look := _font_look(_name(each), each.attrib))]
    return TextLook.STRUCK if TextLook.STRUCK in looks else looks[0] if looks else TextLook.USUAL


def _font_look(name: str, attributes: Mapping[str, str]) -> TextLook | None:
    """What one property of a font makes of its letters; None where that says nothing."""
    value = attributes.get("val", "")
    if name in ("strike", "dstrike") and value not in OFF:
        return TextLook.STRUCK
    if name == "vertAlign" and value in (ABOVE, BELOW):
        return TextLook.RAISED if value == ABOVE else TextLook.LOWERED
    return TextLook.UNSEEN if name == "color" and _is_white_colour(attributes) else None


def _is_white_colour(attributes: Mapping[str, str]) -> bool:
    if "tint" in attributes and attributes["tint"].strip("-0."):
        return False
    if "rgb" in attributes:
        return attributes["rgb"].casefold() in WHITE
    return attributes.get("theme") == "0" or attributes.get("indexed") in ("1", "9")


def _is_white(fill: ElementTree.Element) -> bool:
    pattern = next(iter(fill), None)
    if pattern is None or pattern.get("patternType", "") in PLAIN_FILLS:
        return pattern is None or _name(pattern) == "patternFill"
    colour = next((each for each in pattern if _name(each) == "fgColor"), None)
    return pattern.get("patternType") == "solid" and colour is not None and _is_white_colour(colour.attrib)


def _sections(content: bytes) -> Iterator[tuple[str, ElementTree.Element]]:
    for element in _parsed(content):
        yield _name(element), element


def _parsed(content: bytes) -> ElementTree.Element:
    """The part's outermost element; an empty one where it is damaged: how a cell looks is not worth a refusal."""
    with suppress(ElementTree.ParseError, ValueError):
        return ElementTree.fromstring(content)  # noqa: S314 - document types were refused before
    return ElementTree.Element("nothing")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _position(reference: str) -> Position | None:
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not letters.isascii() or not letters.isupper() or len(letters) > 3 or not 0 < len(digits) < 8:
        return None
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(digits) - 1, column - 1
