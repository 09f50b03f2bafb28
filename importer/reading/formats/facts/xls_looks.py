"""How the cells of an xls look: fonts that strike out, raise or hide, for whole cells and for parts of a text."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from importer.reading.formats.facts.looks import (
    Piece,
    Pieces,
    TextLook,
    is_telling,
    settled,
)

FONT, XF, SST, CONTINUE = 0x31, 0xE0, 0xFC, 0x3C
STRUCK = 8
WHITE, WHITE_TOO, SOLID = 9, 1, 1  # colours by number, and a pattern
RICH, FAR_EAST, WIDE = 8, 4, 1  # flags of a text

XlsRecord = tuple[int, bytes]


def fonts_of(records: Sequence[XlsRecord]) -> list[TextLook]:
    """How each font looks. There is none of the number 4: its place is taken by one that looks as usual."""
    found: list[TextLook] = []
    for kind, content in records:
        if kind == FONT and len(content) >= 10:
            flags, colour, _, raised = struct.unpack_from("<HHHH", content, 2)
            found.append(look_of(flags, raised, is_white=colour in (WHITE, WHITE_TOO)))
    return [*found[:4], TextLook.USUAL, *found[4:]]


def look_of(flags: int, raised: int, *, is_white: bool) -> TextLook:
    """How the letters of a font look by its flags and by how far they are raised: 1 is up, 2 down."""
    if flags & STRUCK:
        return TextLook.STRUCK
    if raised in (1, 2):
        return TextLook.RAISED if raised == 1 else TextLook.LOWERED
    return TextLook.UNSEEN if is_white else TextLook.USUAL


def styles_of(records: Sequence[XlsRecord], fonts: Sequence[TextLook]) -> dict[int, TextLook]:
    """The cell styles, by number, that strike out what they format, or write it white on white."""
    found: dict[int, TextLook] = {}
    styles = (content for kind, content in records if kind == XF and len(content) >= 20)
    for number, content in enumerate(styles):
        font = struct.unpack_from("<H", content)[0]
        pattern, colour = struct.unpack_from("<I", content, 14)[0] >> 26, content[18] & 0x7F
        look = fonts[font] if font < len(fonts) else TextLook.USUAL
        is_covered = bool(pattern) and not (pattern == SOLID and colour in (WHITE, WHITE_TOO))
        if look is TextLook.STRUCK or (look is TextLook.UNSEEN and not is_covered):
            found[number] = look
    return found


def shared_texts(records: Sequence[XlsRecord], fonts: Sequence[TextLook]) -> dict[int, Pieces]:
    """The shared texts, by number, whose runs say more than the text alone. Damage ends them early."""
    if not any(fonts):
        return {}
    start = next((at for at, (kind, _) in enumerate(records) if kind == SST), len(records))
    blocks: list[bytes] = []
    for kind, content in records[start:]:
        if kind != CONTINUE and blocks:
            break
        blocks.append(content)
    found: dict[int, Pieces] = {}
    try:
        for number, (text, runs) in enumerate(_texts(_Blocks(blocks))):
            if runs and is_telling(pieces := pieces_of(text, runs, fonts)):
                found[number] = pieces
    except (struct.error, IndexError):
        return found
    return found


def pieces_of(text: str, runs: Sequence[tuple[int, int]], fonts: Sequence[TextLook]) -> Pieces:
    """A text by its runs, each the place of its first letter and its font."""
    starts = [(0, -1), *runs]
    ends = [*(at for at, _ in runs), len(text)]
    pairs = zip(starts, ends, strict=True)
    looks = ((text[at:end], fonts[font] if 0 <= font < len(fonts) else TextLook.USUAL) for (at, font), end in pairs)
    return settled(Piece(each, look) for each, look in looks)


class _Blocks:
    """The bytes of a record that goes on in others."""

    def __init__(self, blocks: Sequence[bytes]) -> None:
        self._blocks = list(blocks)
        self._block = self._at = 0

    def take(self, count: int) -> bytes:
        """So many bytes, wherever they go on."""
        taken = b""
        while len(taken) < count:
            piece = self._blocks[self._block][self._at : self._at + count - len(taken)]
            taken, self._at = taken + piece, self._at + len(piece)
            if len(taken) < count:
                self._block, self._at = self._block + 1, 0
        return taken

    def letters(self, count: int, *, is_wide: bool) -> str:
        """So many letters; each block in which a text goes on says anew how wide they are."""
        text = ""
        while len(text) < count:
            if self._at >= len(self._blocks[self._block]):
                self._block, self._at = self._block + 1, 1
                is_wide = bool(self._blocks[self._block][0] & WIDE)
            size = 2 if is_wide else 1
            here = min(count - len(text), (len(self._blocks[self._block]) - self._at) // size)
            if not here:
                raise IndexError(count)
            piece = self._blocks[self._block][self._at : self._at + here * size]
            text, self._at = (
                text + piece.decode("utf-16-le" if is_wide else "latin-1", "replace"),
                self._at + len(piece),
            )
        return text


def _texts(blocks: _Blocks) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    _, count = struct.unpack("<II", blocks.take(8))
    for _ in range(count):
        length, flags = struct.unpack("<HB", blocks.take(3))
        runs = struct.unpack("<H", blocks.take(2))[0] if flags & RICH else 0
        more = struct.unpack("<I", blocks.take(4))[0] if flags & FAR_EAST else 0
        text = blocks.letters(length, is_wide=bool(flags & WIDE))
        yield text, [struct.unpack("<HH", blocks.take(4)) for _ in range(runs)]
        blocks.take(more)
