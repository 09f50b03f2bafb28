"""How the cells of an xlsb look: fonts that strike out, raise or hide, for whole cells and for parts of a text."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from importer.reading.formats.facts.looks import Pieces, TextLook, is_telling
from importer.reading.formats.facts.xls_looks import look_of, pieces_of

FONT, FILL, STYLE, STYLES, TEXT = 43, 45, 47, 617, 19
SOLID = 1
OF_INDEX, OF_RGB, OF_THEME = 1, 2, 3  # how a colour is given

XlsbRecord = tuple[int, bytes]


def fonts_of(records: Iterable[XlsbRecord]) -> list[TextLook]:
    """How each font looks, from the part that lists the styles."""
    found: list[TextLook] = []
    for kind, content in records:
        if kind == FONT and len(content) >= 20:
            flags, _, raised = struct.unpack_from("<HHH", content, 2)
            found.append(look_of(flags, raised, is_white=_is_white(content[12:20])))
    return found


def styles_of(records: Sequence[XlsbRecord], fonts: Sequence[TextLook]) -> dict[int, TextLook]:
    """The cell styles, by number, that strike out what they format, or write it white on white."""
    fills = [_leaves_white(content) for kind, content in records if kind == FILL]
    found: dict[int, TextLook] = {}
    number = -1
    is_cells = False  # those before `STYLES` are named styles, and no cell's
    for kind, content in records:
        if kind == STYLES:
            is_cells = True
        elif kind == STYLE and is_cells and len(content) >= 8:
            number += 1
            font, fill = struct.unpack_from("<HH", content, 4)
            look = fonts[font] if font < len(fonts) else TextLook.USUAL
            is_covered = fill < len(fills) and not fills[fill]
            if look is TextLook.STRUCK or (look is TextLook.UNSEEN and not is_covered):
                found[number] = look
    return found


def shared_texts(records: Iterable[XlsbRecord], fonts: Sequence[TextLook]) -> dict[int, Pieces]:
    """The shared texts, by number, whose runs say more than the text alone."""
    found: dict[int, Pieces] = {}
    number = -1
    for kind, content in records:
        if kind != TEXT:
            continue
        number += 1
        if len(content) >= 5 and content[0] & 1:
            pieces = rich_text(content, fonts)
            if is_telling(pieces):
                found[number] = pieces
    return found


def rich_text(content: bytes, fonts: Sequence[TextLook]) -> Pieces:
    """The pieces of a text with runs; none where it is damaged."""
    (length,) = struct.unpack_from("<I", content, 1)
    end = 5 + 2 * length
    if len(content) < end + 4:
        return ()
    (count,) = struct.unpack_from("<I", content, end)
    last = min(end + 4 + 4 * count, len(content) - 3)
    runs = [struct.unpack_from("<HH", content, at) for at in range(end + 4, last, 4)]
    return pieces_of(content[5:end].decode("utf-16-le", "replace"), runs, fonts)


def _is_white(colour: bytes) -> bool:
    kind, index, tint = colour[0] >> 1, colour[1], colour[2:4]
    if tint.strip(b"\0"):
        return False
    return (
        (kind == OF_RGB and colour[4:7] == b"\xff\xff\xff")
        or (kind == OF_INDEX and index in (1, 9))
        or (kind == OF_THEME and index == 0)
    )


def _leaves_white(fill: bytes) -> bool:
    pattern = struct.unpack_from("<I", fill)[0] if len(fill) >= 12 else 0
    return not pattern or (pattern == SOLID and _is_white(fill[4:12]))
